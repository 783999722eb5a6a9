"""Writes policies/calendar-cn.toml again from the package chinesecalendar, whose maintainers follow the State Council's yearly notices.

    python3 -m venv /tmp/calendar && /tmp/calendar/bin/pip install --upgrade chinesecalendar
    /tmp/calendar/bin/python scripts/holidays.py

The package comes out anew every November or so, when the next year's notice is out. Nothing of it is needed to build or run keshi.
"""

import datetime
import importlib.metadata
import pathlib

from chinese_calendar import constants

HEAD = """\
# China's public holidays and make-up workdays (调休), by year. Made by scripts/holidays.py; do not edit, run it again.
#
# Source: the package chinesecalendar {version} (MIT, https://github.com/LKI/chinese-calendar), which follows the yearly
# 国务院办公厅关于部分节假日安排的通知 and the extension of the Spring Festival of 2020 (国办发明电〔2020〕1号).
# A day is off when a holiday covers it, at work when `workdays` names it, and otherwise by the week: Monday to Friday are workdays.
# An operator adds or corrects a year with a file calendar-*.toml of the same shape in the policy folder (policies/README.md).

source = "chinesecalendar {version}"
"""
DAY = datetime.timedelta(days=1)


def spans(year):
    """The holidays of a year as runs of days of one name."""
    found = []
    for day, name in sorted(constants.holidays.items()):
        if day.year != year:
            continue
        name = constants.Holiday(name).chinese
        if found and found[-1][0] == name and found[-1][2] == day - DAY:
            found[-1][2] = day
        else:
            found.append([name, day, day])
    return found


def main():
    lines = [HEAD.format(version=importlib.metadata.version("chinesecalendar"))]
    for year in range(min(constants.holidays).year, max(constants.holidays).year + 1):
        lines.append(f"\n[[year]]\nyear = {year}\nholidays = [\n")
        for name, first, last in spans(year):
            lines.append(f'    {{ name = "{name}", from = {first}, until = {last} }},\n')
        workdays = sorted(day for day in constants.workdays if day.year == year)
        lines.append(f"]\nworkdays = [{', '.join(map(str, workdays))}]\n")
    target = pathlib.Path(__file__).resolve().parent.parent / "policies" / "calendar-cn.toml"
    target.write_text("".join(lines), encoding="utf-8")


main()
