"""Who works long lets others have the interpreter sooner, and only meanwhile."""

import sys

import pytest

from pointsbank.core.courtesy import giving_way


def test_the_interpreter_changes_hands_sooner_as_long_as_any_such_work_goes_on() -> None:
    usual = sys.getswitchinterval()
    with giving_way():
        short = sys.getswitchinterval()
        with pytest.raises(ZeroDivisionError), giving_way():
            _ = 1 / 0
        assert sys.getswitchinterval() == short < usual
    assert sys.getswitchinterval() == usual
