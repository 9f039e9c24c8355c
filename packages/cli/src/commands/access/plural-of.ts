/** The plural name that permissions are given on; people say the singular. What is unknown is left to the server. */
export async function pluralOf(type: string): Promise<string> {
  const { allKinds } = await import('@kargo/api');
  const wanted = type.toLowerCase();
  return allKinds.find(({ plural, singular }) => plural === wanted || singular === wanted)?.plural ?? wanted;
}
