"""Addresses of this room (product.md, « Addresses »)."""

from django.urls import URLPattern, URLResolver, path

from accounts.views import (
    account,
    credentials,
    login,
    login_code,
    password,
    reauthentication,
    registration,
    sessions,
    signature,
    totp,
)

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("inscription/", registration.register, name="register"),
    path("inscription/telephone/", registration.register_phone, name="register_phone"),
    path("inscription/merci/", registration.register_done, name="register_done"),
    path("connexion/", login.login, name="login"),
    path("connexion/code/", login_code.login_code, name="login_code"),
    path("connexion/code/etat/", login_code.login_code_state, name="login_code_state"),
    path("deconnexion/", login.logout, name="logout"),
    path("mot-de-passe/", password.password_reset, name="password_reset"),
    path("mot-de-passe/envoye/", password.password_reset_done, name="password_reset_done"),
    path("mot-de-passe/termine/", password.password_reset_complete, name="password_reset_complete"),
    path("mot-de-passe/<str:uidb64>/<str:token>/", password.password_reset_confirm, name="password_reset_confirm"),
    path("compte/", account.account, name="account"),
    path("compte/cabinet/", account.account_practice, name="account_practice"),
    path("compte/mentions/", account.account_billing, name="account_billing"),
    path("compte/signature/", signature.account_signature, name="account_signature"),
    path("compte/signature.png", signature.account_signature_image, name="account_signature_image"),
    path("compte/session/", sessions.account_session, name="account_session"),
    path("compte/reconnexion/", sessions.account_resumed, name="account_resumed"),
    path("compte/sessions/deconnecter/", sessions.account_sessions_end, name="account_sessions_end"),
    path("compte/sessions/<int:pk>/deconnecter/", sessions.account_session_end, name="account_session_end"),
    path("compte/activite/", account.account_activity, name="account_activity"),
    path("compte/notifications/", account.account_notifications, name="account_notifications"),
    path("compte/confirmation/", reauthentication.confirmation, name="confirmation"),
    path("compte/confirmation/etat/", reauthentication.confirmation_state, name="confirmation_state"),
    path("compte/mot-de-passe/", credentials.account_password, name="account_password"),
    path("compte/portable/", credentials.account_mobile, name="account_mobile"),
    path("compte/portable/code/", credentials.account_mobile_code, name="account_mobile_code"),
    path("compte/email/", credentials.account_email, name="account_email"),
    path("compte/email/retablir/<str:token>/", credentials.account_email_back, name="account_email_back"),
    path("compte/email/<str:token>/", credentials.account_email_confirm, name="account_email_confirm"),
    path("compte/codes/", credentials.recovery_codes, name="recovery_codes"),
    path("compte/application/", totp.totp, name="totp"),
]
