"""One place where a refusal becomes a status and a sentence: problem details in the API, a page
elsewhere.
"""

from collections.abc import Mapping
from traceback import extract_tb
from typing import Any, Protocol
from urllib.parse import quote

import structlog
from flask import Flask, Response, g, jsonify, make_response, redirect, render_template, request
from flask_babel import gettext
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response as AnyResponse

from pointsbank.core.errors import (
    Conflict,
    Exhausted,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    StorageFull,
    Unauthenticated,
    Unavailable,
    say,
)  # fmt: skip
from pointsbank.web.formats import fact
from pointsbank.web.requests import sentences, wants_fragment
from pointsbank.web.sessions import device_token_of

STATUSES = (
    (Invalid, 422), (Unauthenticated, 401), (Forbidden, 403), (NotFound, 404), (Conflict, 409),
    (Exhausted, 409),
)  # fmt: skip
_HTTP_SENTENCES = {
    400: say("请求的格式有误。"),
    401: say("请先登录。"),
    403: say("您没有办理此项的权限。"),
    404: say("没有这个页面。"),
    405: say("不能这样使用这个地址。"),
    413: say("提交的内容过大。"),
    415: say("请求的内容类型有误，应为 JSON。"),
    422: say("填写的内容有误，请检查后重试。"),
    429: say("操作太频繁，请稍后再试。"),
    500: say("系统出错了，已记录。请稍后再试。"),
}
_RETRY_AFTER_S = 5  # a database that restarts is back by then
log = structlog.get_logger()


class Sentence(Protocol):
    """A sentence of ours and the facts for its places: a refusal, or a reason."""

    @property
    def sentence(self) -> str: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


def status_of(refused: Refused) -> int:
    return next((status for kind, status in STATUSES if isinstance(refused, kind)), 409)


def sentence_of(told: Sentence) -> str:
    """The sentence in the reader's language, its facts written as people write them."""
    sentence: str = gettext(told.sentence)
    return sentence % {name: fact(value) for name, value in told.facts.items()}


def register(app: Flask) -> None:
    app.jinja_env.filters["sentence"] = sentence_of
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(Unavailable, _unavailable)
    app.register_error_handler(HTTPException, _http)
    # Flask's own line would hold the address and what was being worked on: _log_failure writes ours
    app.log_exception = lambda exc_info: None  # type: ignore[method-assign]


def _refused(refused: Refused) -> AnyResponse | tuple[Any, int]:
    log.info("refused", code=refused.code, endpoint=request.endpoint)
    status = status_of(refused)
    if status == 401 and not _is_api() and not wants_fragment():
        if device_token_of(request):
            return redirect("/device", 303)
        wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
        return redirect(f"/sign-in?next={quote(wanted, safe='/')}", 303)
    errors = refused.fields if isinstance(refused, Invalid) else {}
    return _answer(status, refused.code, sentence_of(refused), errors)


def _unavailable(silence: Unavailable) -> Response:
    _log_failure(silence.__cause__ or silence)
    g.setdefault("visitor", None)  # the page would ask the database who is reading
    full = isinstance(silence, StorageFull)
    answer = make_response(
        *_answer(507 if full else 503, silence.code, gettext(silence.sentence), {})
    )
    if not full:
        answer.headers["Retry-After"] = str(_RETRY_AFTER_S)
    return answer


def _http(error: HTTPException) -> AnyResponse | tuple[Any, int]:
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    if isinstance(error, InternalServerError):
        _log_failure(error.original_exception or error)
    messages = getattr(error, "data", {}).get("messages", {})
    # webargs puts the place first: {"json": {"title": [...]}}
    errors = sentences(next(iter(messages.values()))) if messages else {}
    sentence = gettext(_HTTP_SENTENCES.get(error.code, _HTTP_SENTENCES[400]))
    return _answer(error.code, error.name.lower().replace(" ", "_"), sentence, errors)


def _log_failure(failure: BaseException) -> None:
    """Where it happened, without the values at work there: they may be somebody's name."""
    places = [f"{f.filename}:{f.lineno} {f.name}" for f in extract_tb(failure.__traceback__)[-8:]]
    log.error("failed", endpoint=request.endpoint, error=type(failure).__name__, at=places)


def _answer(
    status: int, code: str, sentence: str, errors: dict[str, list[str]]
) -> tuple[Response | str, int]:
    if _is_api():
        body = jsonify(
            type=f"urn:pointsbank:{code}", title=sentence, status=status, code=code, errors=errors
        )
        body.mimetype = "application/problem+json"
        return body, status
    template = "fragment_error.html" if wants_fragment() else "error.html"
    return render_template(template, status=status, sentence=sentence, errors=errors), status


def _is_api() -> bool:
    return request.path.startswith("/api/")
