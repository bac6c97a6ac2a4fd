"""django-oauth-toolkit on Django as an identity provider: the process that it runs in.

It is set up as the manuals of both say: accounts with passwords, the forms of sign-in and of consent
that ship with them, clients registered by the command ``createapplication``, codes held to their
challenge, RS256 keys, the issuer named in each answer (RFC 9207), a way out (RP-Initiated Logout
1.0). Settings of Django hold for a whole process, so no test imports this module.

Prints its address; then each line of standard input is a piece of administration, ``[work, given]``,
answered by a line. Ends when the input does.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import django
from django.conf import settings
from jwcrypto.jwk import JWK
from werkzeug.serving import make_server

_TOLD: dict[str, Any] = {
    "version": 1, "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"django.request": {"handlers": ["console"], "level": "ERROR"}},
}  # fmt: skip
_OWN = ("auth", "contenttypes", "sessions", "messages", "admin")


def main(folder: Path) -> None:
    """Serve until standard input ends."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # plain HTTP, on this machine alone
    server = make_server("localhost", 0, _closed, threaded=True)
    home = f"http://localhost:{server.server_port}"
    _set_up(folder, home)

    from django.core.wsgi import get_wsgi_application

    server.app = get_wsgi_application()
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    print(json.dumps(home), flush=True)
    for line in sys.stdin:
        work, given = json.loads(line)
        print(json.dumps(_WORKS[work](**given)), flush=True)
    server.shutdown()


def _closed(_environ: Any, _start: Any) -> Any:
    raise RuntimeError("nobody knows the address yet")


def _set_up(folder: Path, home: str) -> None:
    settings.configure(
        SECRET_KEY="of this run alone", ALLOWED_HOSTS=["localhost"], USE_TZ=True,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "db",
                               "OPTIONS": {"timeout": 20}}},
        INSTALLED_APPS=[*(f"django.contrib.{name}" for name in _OWN), "oauth2_provider"],
        MIDDLEWARE=["django.middleware.security.SecurityMiddleware",
                    "django.contrib.sessions.middleware.SessionMiddleware",
                    "django.middleware.common.CommonMiddleware",
                    "django.middleware.csrf.CsrfViewMiddleware",
                    "django.contrib.auth.middleware.AuthenticationMiddleware",
                    "django.contrib.messages.middleware.MessageMiddleware"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
                    "OPTIONS": {"context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages"]}}],
        # The tables as the models say them, without the history of how they came about (1.5 s).
        MIGRATION_MODULES=dict.fromkeys((*_OWN, "oauth2_provider")),
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", LOGIN_URL="/sign-in/",
        STATIC_URL="/static/", LOGGING=_TOLD, OAUTH2_PROVIDER={
            "OIDC_ENABLED": True, "OIDC_ISS_ENDPOINT": home + "/o", "PKCE_REQUIRED": True,
            "OIDC_RSA_PRIVATE_KEY": _fresh_key(), "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
            "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
            "SCOPES": {"openid": "who you are", "profile": "how you are called"},
        },
    )  # fmt: skip
    django.setup()

    from django.contrib import admin
    from django.contrib.auth.hashers import PBKDF2PasswordHasher
    from django.contrib.auth.views import LoginView
    from django.core.management import call_command
    from django.urls import include, path
    from oauth2_provider.oauth2_validators import OAuth2Validator

    class Claims(OAuth2Validator):  # type: ignore[misc]
        """The subject is the account's number; its name goes with it, as the manual advises."""

        oidc_claim_scope = OAuth2Validator.oidc_claim_scope | {"preferred_username": "profile"}

        def get_additional_claims(self) -> dict[str, Callable[[Any], str]]:
            return {"preferred_username": lambda request: request.user.get_username()}

    settings.OAUTH2_PROVIDER["OAUTH2_VALIDATOR_CLASS"] = Claims
    settings.ROOT_URLCONF = (
        path("sign-in/", LoginView.as_view(template_name="admin/login.html")),
        path("admin/", admin.site.urls),
        path("o/", include("oauth2_provider.urls")),
    )
    PBKDF2PasswordHasher.iterations = 1_000  # as shipped, half a second for each password
    call_command("migrate", run_syncdb=True, verbosity=0)


def _fresh_key() -> str:
    made: bytes = JWK.generate(kty="RSA", size=2048).export_to_pem(private_key=True, password=None)
    return made.decode()


# --- what its administrator does -------------------------------------------------------------------


def _person(name: str, password: str) -> str:
    from django.contrib.auth import get_user_model

    return str(get_user_model().objects.create_user(name, password=password).pk)


def _set_open(name: str, to: bool) -> None:
    from django.contrib.auth import get_user_model

    get_user_model().objects.filter(username=name).update(is_active=to)


def _client(name: str, secret: str, back: str, algorithm: str) -> None:
    from django.core.management import call_command

    kind = "confidential" if secret else "public"
    more = [f"--client-secret={secret}"] if secret else []
    if algorithm == "HS256":
        more.append("--no-hash-client-secret")  # a shared secret that signs is kept as it is
    call_command(
        "createapplication", kind, "authorization-code", f"--client-id={name}", f"--name={name}",
        f"--redirect-uris={back}", f"--algorithm={algorithm}", *more, stdout=sys.stderr,
    )  # fmt: skip


def _age_codes() -> None:
    from oauth2_provider.models import get_grant_model

    get_grant_model().objects.update(expires=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1))


def _change_key(keep: bool) -> None:
    from oauth2_provider.settings import oauth2_settings

    rules = settings.OAUTH2_PROVIDER
    rules["OIDC_RSA_PRIVATE_KEYS_INACTIVE"] = [rules["OIDC_RSA_PRIVATE_KEY"]] if keep else []
    rules["OIDC_RSA_PRIVATE_KEY"] = _fresh_key()
    oauth2_settings.reload()


_WORKS: dict[str, Callable[..., Any]] = {
    "person": _person, "set_open": _set_open, "client": _client, "age_codes": _age_codes,
    "change_key": _change_key,
}  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
