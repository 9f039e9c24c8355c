/** An integer of a Go type other than `int`: it takes part in arithmetic, whose result is an `int`. */
export class SizedInt {
  readonly type: 'int64' | 'uint8';
  readonly value: bigint;
  constructor(type: 'int64' | 'uint8', value: bigint) {
    this.type = type;
    this.value = value;
  }
}

/** A named integer with a text of its own (months, weekdays): takes no part in arithmetic, equals only its like. */
export class NamedInt {
  readonly type: 'time.Month' | 'time.Weekday';
  readonly value: bigint;
  readonly text: string;
  constructor(type: 'time.Month' | 'time.Weekday', value: bigint, text: string) {
    this.type = type;
    this.value = value;
    this.text = text;
  }
}
