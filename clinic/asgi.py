"""The ASGI application: pages, API and event streams through Django, sockets through Channels."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")

from channels.routing import ProtocolTypeRouter

django_application = get_asgi_application()  # before anything that imports models

application = ProtocolTypeRouter({"http": django_application})
