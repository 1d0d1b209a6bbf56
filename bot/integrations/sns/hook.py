"""What SNS posts: notifications, most of them CloudWatch's alarms, and the question whether we subscribe to a topic."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.errors import Permanent, Temporary
from bot.integrations.sns.certificates import Fetch, is_of_aws
from bot.integrations.sns.proof import NOTIFICATION, SnsProof
from bot.kit.json_mapping import JsonMapping
from bot.kit.posted import Part, make_alert, reading
from bot.model.alert import Alert
from bot.ports.alert_hook import Call, Heard

ARN = "alarm_arn"
"""The label by which CloudWatch knows an alarm."""

_SUBSCRIBE = "SubscriptionConfirmation"
_FIRES, _ENDS = "ALARM", "OK"


@dataclass(frozen=True, slots=True, kw_only=True)
class SnsMessages:
    """A `Reader`."""

    name: str
    severity: str = ""
    mapping: JsonMapping | None = None

    def read(self, call: Call) -> Heard:
        """See `Reader`."""
        with reading(self.name, "SNS"):
            message = Part.of(call.body)
            delivery, kind = message.needed("MessageId"), message.text("Type")
            if kind != NOTIFICATION:
                return Heard(delivery=delivery, note=f"{kind} of {message.text('TopicArn')}")
            return replace(self._notification(message, call), delivery=delivery)

    def _notification(self, message: Part, call: Call) -> Heard:
        text = message.text("Message").encode()
        try:
            said = Part.of(text)
        except ValueError:
            return Heard(note="a message that is no JSON")
        if "AlarmName" in said and "NewStateValue" in said:
            return self._alarm(said, call)
        if self.mapping:
            return self.mapping.read(call, said.fields, self.name)
        return Heard(note="no CloudWatch alarm; say with `mapping` how to read it")

    def _alarm(self, alarm: Part, call: Call) -> Heard:
        """That an alarm has not enough data is no recovery."""
        state = alarm.needed("NewStateValue")
        if state not in (_FIRES, _ENDS):
            return Heard(note=f"{state[:100]} neither begins nor ends an alert")
        return Heard(alerts=[self._alert(alarm, call, is_over=state == _ENDS)], known_by=(ARN,))

    def _alert(self, alarm: Part, call: Call, *, is_over: bool) -> Alert:
        at = alarm.moment("StateChangeTime") or call.received_at
        trigger = alarm.part("Trigger")
        arn = alarm.text("AlarmArn") or f"{alarm.text('AWSAccountId')} {alarm.text('Region')} {alarm.text('AlarmName')}"
        return make_alert(
            source=self.name,
            labels={
                "alertname": alarm.needed("AlarmName"),
                ARN: arn,
                "account": alarm.text("AWSAccountId"),
                "region": arn.split(":")[3] if arn.count(":") >= 6 else alarm.text("Region"),
                "namespace": trigger.text("Namespace"),
                "metric": trigger.text("MetricName"),
                "severity": self.severity,
            },
            annotations={
                "summary": alarm.text("AlarmDescription") or alarm.text("AlarmName"),
                "description": alarm.text("NewStateReason"),
                "dimensions": ", ".join(
                    f"{one.text('name')}={one.text('value')}" for one in trigger.parts("Dimensions")
                ),
            },
            starts_at=at,
            ends_at=min(at, call.received_at) if is_over else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SnsHook:
    """An `AlertHook`."""

    messages: SnsMessages
    proof: SnsProof
    fetch: Fetch
    doors: frozenset[str] = frozenset()

    def read(self, call: Call) -> Heard:
        """See `Reader`."""
        return self.messages.read(call)

    async def complete(self, call: Call, heard: Heard) -> Heard:
        """Confirms a subscription to a topic of ours, at an address of SNS's alone."""
        if heard.alerts:
            return heard
        message = Part.of(call.body)
        if message.text("Type") != _SUBSCRIBE:
            return heard
        url = message.text("SubscribeURL")
        if not is_of_aws(url):
            return replace(heard, note=f"{heard.note}: not confirmed, its SubscribeURL is none of SNS's")
        try:
            await self.fetch(url)
        except Temporary:
            raise
        except Permanent as error:
            return replace(heard, note=f"{heard.note}: not confirmed: {error.message}")
        return replace(heard, note=f"{heard.note}: confirmed")
