/** The kustomize repository of the demo: a base, and an overlay for each stage. */
export const repositoryFiles: Readonly<Record<string, string>> = {
  'base/kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - deployment.yaml
  - service.yaml
`,
  'base/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: kargo-demo
spec:
  replicas: 1
  selector:
    matchLabels:
      app: kargo-demo
  template:
    metadata:
      labels:
        app: kargo-demo
    spec:
      containers:
        - name: nginx
          # The tag comes from kustomization.yaml, where each promotion sets it.
          image: public.ecr.aws/nginx/nginx
          ports:
            - containerPort: 80
`,
  'base/service.yaml': `apiVersion: v1
kind: Service
metadata:
  name: kargo-demo
spec:
  selector:
    app: kargo-demo
  ports:
    - port: 80
`,
  ...Object.fromEntries(
    [
      ['test', 1],
      ['uat', 2],
      ['prod', 3],
    ].map(([stage, replicas]) => [
      `stages/${stage}/kustomization.yaml`,
      `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../../base
replicas:
  - name: kargo-demo
    count: ${replicas}
`,
    ]),
  ),
};
