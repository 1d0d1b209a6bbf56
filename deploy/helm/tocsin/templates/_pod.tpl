{{/* What Tocsin's container and the one that upgrades the database share. */}}
{{- define "tocsin.container" -}}
{{- with .Values.image -}}
image: {{ printf "%s%s" .repository (ternary (printf "@%s" .digest) (printf ":%s" (default $.Chart.AppVersion .tag)) (ne .digest "")) | quote }}
imagePullPolicy: {{ .pullPolicy }}
{{- end }}
env:
  - {name: MPLCONFIGDIR, value: /tmp/matplotlib}
  - {name: TOCSIN_TOKEN_FILE, value: /tmp/tocsin.token}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  - {name: state, mountPath: /var/lib/tocsin}
  - {name: tmp, mountPath: /tmp}
  - {name: config, mountPath: /etc/tocsin, readOnly: true}
  {{- range .Values.secrets }}
  - {name: {{ printf "secret-%s" . | replace "." "-" }}, mountPath: /run/secrets/{{ . }}, readOnly: true}
  {{- end }}
{{- end -}}

{{/* The pod, the same under a StatefulSet and a Deployment. */}}
{{- define "tocsin.pod" -}}
metadata:
  labels:
    {{- include "tocsin.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # A change of these files is a new pod.
    tocsin/files: {{ printf "%s%s%s" (include "tocsin.config" .) (toYaml .Values.rules) (toYaml .Values.runbooks) | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  # Tocsin asks the Kubernetes API nothing.
  automountServiceAccountToken: false
  serviceAccountName: {{ include "tocsin.name" . }}
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: {type: RuntimeDefault}
  {{- if .Values.upgrade.enabled }}
  initContainers:
    - name: upgrade
      {{- include "tocsin.container" . | nindent 6 }}
      args: ["-c", "/etc/tocsin/tocsin.yaml", "db", "upgrade"{{ if not .Values.upgrade.backup }}, "--no-backup"{{ end }}]
  {{- end }}
  containers:
    - name: tocsin
      {{- include "tocsin.container" . | nindent 6 }}
      args: ["-c", "/etc/tocsin/tocsin.yaml", "run"]
      ports:
        - {name: http, containerPort: 9393, protocol: TCP}
      startupProbe:
        httpGet: {path: /-/ready, port: http}
        periodSeconds: 2
        failureThreshold: 60
      readinessProbe:
        httpGet: {path: /-/ready, port: http}
        periodSeconds: 5
        timeoutSeconds: 3
      livenessProbe:
        httpGet: {path: /-/healthy, port: http}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
  volumes:
    - name: tmp
      emptyDir: {medium: Memory, sizeLimit: 64Mi}
    {{- if include "tocsin.postgresql" . }}
    - name: state
      emptyDir: {sizeLimit: 64Mi}
    {{- end }}
    - name: config
      projected:
        sources:
          - configMap:
              name: {{ include "tocsin.name" . }}
              items: [{key: tocsin.yaml, path: tocsin.yaml}]
          {{- range $kind := list "rules" "runbooks" }}
          {{- with index $.Values $kind }}
          - configMap:
              name: {{ include "tocsin.name" $ }}-{{ $kind }}
              items:
                {{- range $file, $_ := . }}
                - {key: {{ $file | quote }}, path: {{ printf "%s/%s" $kind $file | quote }}}
                {{- end }}
          {{- end }}
          {{- end }}
    {{- range .Values.secrets }}
    - name: {{ printf "secret-%s" . | replace "." "-" }}
      secret: {secretName: {{ . }}, defaultMode: 0440}
    {{- end }}
{{- end -}}
