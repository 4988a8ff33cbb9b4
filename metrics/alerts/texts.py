"""What the shipped rules say when they fire, by their code: title, what it means, and what to do."""

from django.utils.translation import gettext_lazy as _

SHIPPED = {
    "long_wait": {
        "title": _("A customer waits for too long"),
        "measured": {
            "one": _("One customer waits: for {value}."),
            "many": _("{n} customers wait, the first of them for {value}."),
        },
        "means": _("At least one customer has had no first response for longer than any is meant to wait."),
        "meanwhile": {},
        "repair": _(
            "Open the list and answer by hand. If many wait, look at the queue, at the AI and at WhatsApp on the dashboard."
        ),
    },
    "slow_response": {
        "title": _("First responses are slow"),
        "measured": {"one": _("{value}, of one issue."), "many": _("9 in 10 within {value}, of {n} issues.")},
        "means": _("Of the customers of the last hour, one in ten waits for longer than anybody should."),
        "meanwhile": {},
        "repair": _(
            "See by priority and location where it is slow. Templates instead of the AI, or a paused WhatsApp, are the usual causes."
        ),
    },
    "low_success": {
        "title": _("Automatic replies fail"),
        "measured": {"one": _("{value} of one worked."), "many": _("{value} of {n} worked.")},
        "means": _("Too few of the automatic replies of the last hour went out, or WhatsApp refused them afterwards."),
        "meanwhile": {},
        "repair": _("Open the list of messages not delivered and see what the failures have in common."),
    },
    "ai_failing": {
        "title": _("An AI model does not answer"),
        "means": _(
            "Several questions in a row failed. The other model is asked instead, or templates answer; this one is tried again by itself."
        ),
        "meanwhile": {},
        "repair": _("Nothing, if it ends within minutes. If it lasts, look at the status of Google's Gemini service."),
    },
    "whatsapp_failing": {
        "title": _("WhatsApp messages fail"),
        "measured": {"one": _("{value} of one message."), "many": _("{value} of {n} messages.")},
        "means": _(
            "Too many messages of the last hour were not taken by WhatsApp, or not delivered. Numbers that are not on WhatsApp do not count."
        ),
        "meanwhile": {},
        "repair": _(
            "See whether the number is connected in Evolution, and whether WhatsApp has restricted it. Call who waits."
        ),
    },
    "response_overdue": {
        "title": _("A first response is overdue"),
        "several": _("{n} first responses are overdue"),
        "means": _("The deadline of a first response has passed, and the customer still waits."),
        "meanwhile": {},
        "repair": _("Open the list and answer by hand, the oldest first."),
    },
    "resolution_overdue": {
        "title": _("A resolution is overdue"),
        "several": _("{n} resolutions are overdue"),
        "means": _("The deadline of a resolution has passed, and the issue is still open."),
        "meanwhile": {},
        "repair": _("Open the list. Assign what has no owner, and resolve what is solved already."),
    },
    "no_webhook": {
        "title": _("No messages arrive"),
        "means": _(
            "No webhook came for much longer than is usual at this hour. Customers may be writing, and we do not hear it."
        ),
        "meanwhile": {},
        "repair": _(
            "See in GoHighLevel and Evolution whether their webhooks still lead here, and whether the proxy lets them in."
        ),
    },
    "queue_stuck": {
        "title": _("The queue stands still"),
        "measured": {"one": _("The oldest is due for {value}."), "many": _("The oldest is due for {value}.")},
        "means": _("An answer or a job has been due for more than a minute, and no worker takes it."),
        "meanwhile": {},
        "repair": _(
            "See whether workers run and what their logs say. If they do, there may be more work than max_parallel allows."
        ),
    },
    "worker_silent": {
        "title": _("No worker is running"),
        "means": _("No worker was seen for half a minute, so nobody is answered."),
        "meanwhile": {},
        "repair": _("Start manage.py serve again, and see in its log why the workers ended."),
    },
    "clock_away": {
        "title": _("The clock was away"),
        "means": _("No clock ran for a while: repairs, deadlines and alerts were late. It is back."),
        "meanwhile": {},
        "repair": _(
            "See in the log of manage.py serve why it ended. A second machine with a clock takes over within seconds."
        ),
    },
    "ai_budget": {
        "title": _("The AI costs more than planned"),
        "measured": {"one": _("{value} for one call."), "many": _("{value} for {n} calls.")},
        "means": _("Since midnight, the calls of the AI have cost more than the threshold of this rule."),
        "meanwhile": {},
        "repair": _("See what is asked so often. Lower ai_per_minute, or raise the threshold of this rule."),
    },
    "backlog_growing": {
        "title": _("The backlog grows"),
        "measured": {"one": _("{value} more, of one that came."), "many": _("{value} more, of {n} that came.")},
        "means": _("In the last hour, many more issues came than were solved."),
        "meanwhile": {},
        "repair": _("See which type or location they are of, and whether one cause is behind them. Call people in."),
    },
    "blind": {
        "title": _("An alert cannot be judged"),
        "means": _("What it watches cannot be read, so nobody knows whether all is well: {about}."),
        "meanwhile": {},
        "repair": _("See in the log of the clock what the error is."),
    },
    "notices_failing": {
        "title": _("People are not told of alerts"),
        "means": _("Notices do not go out: {about}. They are kept, and sent when they can be."),
        "meanwhile": {},
        "repair": _(
            "Check the address and who may post there, then press “Try again” under outlets in the administration."
        ),
    },
    "nobody_watches": {
        "title": _("Nobody watches for alerts"),
        "means": _(
            "No clock has looked at the alert rules for half a minute, so what goes wrong now is not told to anybody."
        ),
        "meanwhile": {},
        "repair": _("Start manage.py serve again, and see in its log why the clock ended."),
    },
}
