"""Why the sandbox refuses a request: Tushare's codes and its own words.

Each constant says where its words were seen. What is not verified is plausible, no more: a client
must not depend on it.
"""

from __future__ import annotations

_DETAILS = "，权限的具体详情访问：https://tushare.pro/document/1?doc_id=108。"


class Refusal(Exception):
    """A reply with a code other than 0."""

    def __init__(self, code: int, msg: str) -> None:
        super().__init__(msg)
        self.code, self.msg = code, msg


def bad_token() -> Refusal:
    """Code as recorded; words as users quote them, there often with code 40101."""
    return Refusal(40001, "您的token不对，请确认。")


def no_permission() -> Refusal:
    """Code and words as recorded."""
    return Refusal(40203, f"抱歉，您没有接口访问权限{_DETAILS}")


def too_often(interface: str, per_minute: int, *, short: bool = False) -> Refusal:
    """Words as users quote them; Tushare has two wordings, the `short` one names the interface."""
    if short:
        over = f"抱歉，您访问接口({interface})频率超限({per_minute}次/分钟)"
        return Refusal(40203, f"{over}{_DETAILS}")
    return Refusal(40203, f"抱歉，您每分钟最多访问该接口{per_minute}次{_DETAILS}")


def no_interface() -> Refusal:
    """Words as users quote them; the code is not verified."""
    return Refusal(40101, "请指定正确的接口名")


def missing(parameter: str) -> Refusal:
    """Code and words as users quote them."""
    return Refusal(40101, f"{parameter} required")


def no_field(interface: str, field: str) -> Refusal:
    """Code and words as users quote them."""
    return Refusal(-2001, f"接口{interface}不包含字段{field}")


def bad_value(parameter: str, form: str) -> Refusal:
    """Neither code nor words are verified."""
    return Refusal(-2001, f"参数{parameter}格式不正确，应为{form}")


def unreadable() -> Refusal:
    """Code and words as users quote them, for a body that is no JSON."""
    return Refusal(-1000, "系统内部错误")
