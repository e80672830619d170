"""``python -m docvlm doctor``: a line for each check, with its remedy where one is needed."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from docvlm.cli.choices import chosen_settings
from docvlm.doctor import Finding, Level, examine


def doctor(options: argparse.Namespace) -> int:
    """Print the findings as they come; the exit code is that of the first fault."""
    findings: list[Finding] = []
    for finding in examine(chosen_settings(options), speed=not options.quick):
        findings.append(finding)
        if not options.json:
            print(_line(finding), flush=True)
    if options.json:
        print(
            json.dumps({"findings": [asdict(finding) for finding in findings]}, ensure_ascii=False, indent=2)
        )
    return next((finding.exit_code for finding in findings if finding.level is Level.FAIL), 0)


def _line(finding: Finding) -> str:
    line = f"{finding.level:4}  {finding.check:11}  {finding.message}"
    return f"{line} {finding.remedy}" if finding.remedy else line
