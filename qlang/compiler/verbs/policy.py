"""`qlangc policy`: what may be signed here, by whom and how, and which rule says so."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from qlang.compiler import exit_codes
from qlang.compiler.console import Console, console_of, verb_parser
from qlang.compiler.failure import Failure
from qlang.compiler.render.cells import safe_text
from qlang.compiler.tables import facts, table
from qlang.compiler.workspace import find_workspace
from qlang.trust.policy.model import POLICY_FILE

SCHEMA = "qlang.policy/1"
_TEMPLATES = Path(__file__).parent.parent / "templates"

_DESCRIPTION = f"""The policy of the project, {POLICY_FILE} beside its qlang.toml; without the file, everything that the
crypto modes themselves allow.

  policy explain [JOB | RUN]  what is allowed to a tenant, and which rule in which line says so; of a job file: for
                              its mode and backends; of a run: what a verifier with this policy would say
  policy show                 the rules that are stated, and the policy's digest
  policy check [FILE]         is a policy file one? All of it is read, tokens and QKD too
  policy init                 write a commented file to start from; nothing is overwritten

Exit status 1 if explain finds something refused, or check a mistake."""


def main(argv: list[str]) -> int:
    parser = verb_parser("policy", _DESCRIPTION)
    parser.add_argument("action", choices=list(_ACTIONS))
    subject = "for explain: a job file or a run; for check: a policy file"
    parser.add_argument("subject", nargs="?", metavar="SUBJECT", help=subject)
    parser.add_argument("--tenant", metavar="T", help="whose runs (default: as qlang.toml says)")
    parser.add_argument("--mode", metavar="MODE", help="for explain: this crypto mode instead of all")
    parser.add_argument("--backend", metavar="B", action="append", default=[], help="for explain: this backend too")
    parser.add_argument("--job", metavar="NAME", help="for explain: which job, where the file has several")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_intermixed_args(argv)
    _refuse_strays(options)
    return _ACTIONS[options.action](options, console_of(options))


def _refuse_strays(options: Namespace) -> None:
    """Options of one action given to another are a misunderstanding."""
    asked = {"--mode": options.mode, "--backend": options.backend, "--job": options.job}
    strays = [name for name, value in asked.items() if value and options.action != "explain"]
    if strays:
        raise Failure(f"`policy {options.action}` takes no {' '.join(strays)}", "`qlangc policy --help` tells more")
    if options.subject is not None and options.action in ("init", "show"):
        raise Failure(f"`policy {options.action}` takes no `{options.subject}`", "`qlangc policy --help` tells more")


def _explain(options: Namespace, console: Console) -> int:
    from qlang.compiler.policy_report import Asked, explanation
    from qlang.compiler.verbs.programs import authority_for

    authority = authority_for(options.tenant)
    asked = Asked(options.mode, tuple(options.backend), options.subject, options.job)
    report = explanation(authority, asked, console)
    if report is None:
        return exit_codes.DIAGNOSTICS
    if options.json:
        console.result_json({"schema": SCHEMA, **report})
    else:
        console.result(_explained(report, console))
    return exit_codes.OK if report["allowed"] else exit_codes.DIAGNOSTICS


def _explained(report: dict[str, Any], console: Console) -> str:
    parts = [_head(report["policy"], console)]
    for subject in report["subjects"]:
        state = console.out.paint("allowed", "good") if subject["allowed"] else console.out.paint("refused", "bad")
        signed = f", signed by {', '.join(subject['algorithms'])}" if subject["algorithms"] else ""
        parts.append(f"{state}  {subject['kind']} `{safe_text(subject['name'])}`{signed}\n")
        marks = {True: "+", False: "-"}
        for rule in subject["rules"]:
            parts.append(f"  {marks[rule['allowed']]} {safe_text(rule['reason'])}\n")
            parts.append(f"      {safe_text(rule['rule'])}, {rule['place']}\n")
    if report["when_signing"]:
        rows = [[rule["rule"], rule["value"], rule["place"]] for rule in report["when_signing"]]
        parts.append("judged when signing\n")
        parts.append("".join(f"  {line}\n" for line in table(["rule", "value", "place"], rows).splitlines()))
    return "".join(parts)


def _head(policy: dict[str, Any], console: Console) -> str:
    return console.out.paint(f"{policy['name']}  {policy['digest']}", "strong") + "\n"


def _show(options: Namespace, console: Console) -> int:
    from qlang.compiler.verbs.programs import authority_for
    from qlang.trust.policy.content import policy_content
    from qlang.trust.policy.explain import rules_of

    policy = authority_for(options.tenant).policy
    named = {"name": policy.name, "digest": policy.digest}
    rules = rules_of(policy, options.tenant)
    if options.json:
        listed = [{"rule": rule.key, "place": rule.place, "value": rule.value} for rule in rules]
        console.result_json({"schema": SCHEMA, "policy": named, "rules": listed, "content": policy_content(policy)})
        return exit_codes.OK
    rows = [[rule.key, rule.value, rule.place] for rule in rules]
    console.result(_head(named, console))
    console.result(table(["rule", "value", "place"], rows) if rows else "no rules: what the crypto modes allow\n")
    return exit_codes.OK


def _check(options: Namespace, console: Console) -> int:
    from qlang.compiler.policy_report import checked
    from qlang.trust.errors import FileRefused, PolicyError

    path = Path(options.subject) if options.subject else find_workspace(Path.cwd()) / POLICY_FILE
    try:
        report = checked(path)
    except FileRefused as error:
        help = "`qlangc policy init` writes a file to start from" if error.missing else ""
        raise Failure(str(error), help) from error
    except PolicyError as error:
        if options.json:
            place = {"key": error.key, "line": error.line, "reason": error.reason, "suggestion": error.suggestion}
            console.result_json({"schema": SCHEMA, "ok": False, "problem": place})
            return exit_codes.DIAGNOSTICS
        raise Failure(str(error), "docs/trust/policy.md has every key", exit_codes.DIAGNOSTICS) from error
    if options.json:
        console.result_json({"schema": SCHEMA, **report})
        return exit_codes.OK if report["ok"] else exit_codes.DIAGNOSTICS
    shown = [("digest", report["policy"]["digest"]), ("tenants", ", ".join(report["tenants"]) or "any")]
    shown += [("tokens", ", ".join(report["tokens"]) or "none"), ("qkd", report["qkd"] or "not configured")]
    console.result(f"{path.name} is a policy of {report['rules']} rules\n{facts(shown, indent='  ')}")
    for problem in report["contradictions"]:
        console.result(f"contradiction: {safe_text(problem)}\n")
    return exit_codes.OK if report["ok"] else exit_codes.DIAGNOSTICS


def _init(options: Namespace, console: Console) -> int:
    path = find_workspace(Path.cwd()) / POLICY_FILE
    text = (_TEMPLATES / POLICY_FILE).read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise Failure(f"{path} exists already", "nothing was written") from error
    except OSError as error:
        raise Failure(f"cannot write {path}: {error.strerror}") from error
    console.note(f"wrote {path}; it allows what no file allows until you take the # from a rule")
    return exit_codes.OK


_ACTIONS = {"explain": _explain, "show": _show, "check": _check, "init": _init}
