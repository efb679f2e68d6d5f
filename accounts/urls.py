"""Addresses of this room (product.md, « Addresses »)."""

from django.urls import URLPattern, URLResolver, path

from accounts.views import account, documents, login, password, registration

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("inscription/", registration.register, name="register"),
    path("inscription/telephone/", registration.register_phone, name="register_phone"),
    path("inscription/merci/", registration.register_done, name="register_done"),
    path("inscription/piece/recue/", documents.register_document_done, name="register_document_done"),
    path("inscription/piece/<str:token>/", documents.register_document, name="register_document"),
    path("connexion/", login.login, name="login"),
    path("connexion/code/", login.login_code, name="login_code"),
    path("deconnexion/", login.logout, name="logout"),
    path("mot-de-passe/", password.password_reset, name="password_reset"),
    path("mot-de-passe/envoye/", password.password_reset_done, name="password_reset_done"),
    path("mot-de-passe/termine/", password.password_reset_complete, name="password_reset_complete"),
    path("mot-de-passe/<str:uidb64>/<str:token>/", password.password_reset_confirm, name="password_reset_confirm"),
    path("compte/", account.account, name="account"),
    path("compte/mot-de-passe/", account.account_password, name="account_password"),
    path("compte/signature/", account.account_signature, name="account_signature"),
    path("compte/signature.png", account.account_signature_image, name="account_signature_image"),
    path("compte/mentions/", account.account_billing, name="account_billing"),
    path("compte/codes/", account.recovery_codes, name="recovery_codes"),
]
