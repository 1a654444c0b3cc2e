"""The ASGI application: pages, API and event streams through Django, sockets through Channels."""

import os
import warnings

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
django_application = get_asgi_application()  # before anything that imports models

# WhiteNoise hands out its files as synchronous iterators; they are small and read in one go.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")

from channels.routing import ProtocolTypeRouter, URLRouter

from clinic.live.routing import websocket_urlpatterns

# No session middleware around the sockets: each says itself who may enter (live/sockets.py).
application = ProtocolTypeRouter(
    {"http": django_application, "websocket": URLRouter(websocket_urlpatterns)}  # type: ignore[arg-type]
)
