"""Template tags and filters of the whole house (built in: no {% load %} needed)."""

from django import template

register = template.Library()
