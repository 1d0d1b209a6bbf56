{{/* The name of everything this release makes. */}}
{{- define "tocsin.name" -}}
{{- if contains "tocsin" .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-tocsin" .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What selects the pods; never changes within the life of a release. */}}
{{- define "tocsin.selector" -}}
app.kubernetes.io/name: tocsin
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "tocsin.labels" -}}
{{ include "tocsin.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* "yes" on PostgreSQL, nothing on SQLite. */}}
{{- define "tocsin.postgresql" -}}
{{- if hasPrefix "postgresql://" (dig "store" "url" "" .Values.config) -}}yes{{- end -}}
{{- end -}}

{{/* tocsin.yaml: what the values say, and what only the chart can know. */}}
{{- define "tocsin.config" -}}
{{- $own := dict "http" (dict "listen" "0.0.0.0:9393") -}}
{{- if not (include "tocsin.postgresql" .) -}}
{{- $_ := set $own "store" (dict "url" "sqlite:////var/lib/tocsin/tocsin.db") -}}
{{- end -}}
{{- mergeOverwrite (deepCopy .Values.config) $own | toYaml -}}
{{- end -}}
