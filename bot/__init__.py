"""Tocsin: the alert rules a team already has, carried from a sample to a postmortem.

The way of an alert is the tree. Read it in this order; `tests/house` holds this list, the import
contract in `pyproject.toml` and the real folders equal.

    rules           decides that something is wrong             sample    -> Alert
    alerts          decides who should hear of it               Alert     -> AlertGroup
    incidents       decides that it is an Incident, and keeps its story
    rights          decides who may do what
    runbooks        acts, if it may                             Incident  -> RunbookRun
    evidence        shows what was seen                         questions -> Evidence
    reports         tells it                                    Evidence  -> Postmortem

    errors          the whole exception tree
    documents       YAML text -> validated model, every complaint with its place
    model           the nouns
    ports           what we need of the world

    response        joins the stages: one file per thing that can happen

    kit             what the edges share
    integrations    one folder per vendor
    store           tables, migrations, and repositories that speak the model
    engine          makes things happen: the ticker, the carrier of runs, the outbox
    api             REST under /api/v1
    web             pages rendered on the server
    chat            the grammar of commands, free of any chat vendor
    charts          draws, in a worker process
    testing         public fakes and contract suites

    config          tocsin.yaml: schema, loading, secrets, explaining mistakes
    app             the composition root
    cli             the command line

The seven packages of the first block are *stages*: they do no I/O and do not know each other.
"""

__version__ = "0.1.0"
