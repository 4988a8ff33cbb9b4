"""Users and groups: who is added to a group may do what it may, and nothing of libraries is offered."""

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils.translation import override

pytestmark = pytest.mark.django_db
NEW = {"username": "carla", "usable_password": "true", "password1": "uma-senha-longa", "password2": "uma-senha-longa"}


def test_a_colleague_is_added_with_a_group_in_one_step(admin_client, client):
    managers = Group.objects.get(name="Gestores")
    admin_client.post(reverse("admin:auth_user_add"), NEW | {"is_staff": "on", "groups": [managers.pk]})
    client.force_login(User.objects.get(username="carla"))
    assert client.get(reverse("admin:issues_issue_changelist")).status_code == 200
    assert client.get(reverse("admin:auth_user_changelist")).status_code == 403


def test_a_group_is_given_rights_to_our_tables_alone(admin_client):
    managers = Group.objects.get(name="Gestores")
    page = admin_client.get(reverse("admin:auth_group_change", args=[managers.pk]))
    field = page.context["adminform"].form.fields["permissions"]
    assert {right.content_type.app_label for right in field.queryset} == {"issues", "metrics", "mis_dashboard", "auth"}
    with override("pt-br"):
        words = [label for _, label in field.choices]
    assert {"Regra de alerta: alterar", "Regra de alerta: ver", "Chamado: excluir"} <= set(words)
    assert not [word for word in words if "Can " in word]
    held = managers.permissions.count()
    admin_client.post(
        page.request["PATH_INFO"], {"name": "Gestores", "permissions": [r.pk for r in managers.permissions.all()]}
    )
    assert managers.permissions.count() == held > 0
