"""Static files over the wire: small, kept for good under their stamped address, the same inside."""

import gzip

from flask import Flask, url_for
from flask.testing import FlaskClient

from pointsbank.core.resources import folder


def test_texts_are_sent_compressed_to_who_takes_it(client: FlaskClient) -> None:
    path, clear = "/static/css/parts.css", (folder("static") / "css/parts.css").read_bytes()
    small = client.get(path, headers={"Accept-Encoding": "gzip, br"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == clear
    assert small.content_length == len(small.data) < len(clear) / 3
    plain = client.get(path)
    assert plain.data == clear
    assert "Content-Encoding" not in plain.headers
    for answer in (small, plain):
        assert "Accept-Encoding" in answer.headers["Vary"]
    unwanted = client.get(path, headers={"Accept-Encoding": "gzip;q=0"})
    assert unwanted.data == clear


def test_the_decoder_is_compressed_too_and_is_what_browsers_take_for_wasm(
    client: FlaskClient,
) -> None:
    path = "/static/vendor/zxing-wasm-3.1.4/zxing_reader.wasm"
    answer = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.mimetype == "application/wasm"
    assert len(answer.data) < 450_000
    assert gzip.decompress(answer.data)[:4] == b"\0asm"


def test_a_stamped_address_is_kept_for_good_and_a_bare_one_is_not(
    app: Flask, client: FlaskClient
) -> None:
    with app.test_request_context():
        stamped = url_for("static", filename="js/page.js")
    assert "?v=" in stamped
    assert "immutable" in client.get(stamped).headers["Cache-Control"]
    bare = client.get("/static/js/page.js")
    assert "immutable" not in bare.headers["Cache-Control"]
    again = client.get(stamped, headers={"If-None-Match": bare.headers["ETag"]})
    assert again.status_code == 304
    assert "immutable" in again.headers["Cache-Control"]


def test_a_file_that_is_not_there_stays_so(client: FlaskClient) -> None:
    for path in ("/static/css/none.css?v=1", "/static/../pointsbank/app.py"):
        answer = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 404
        assert "immutable" not in answer.headers.get("Cache-Control", "")
