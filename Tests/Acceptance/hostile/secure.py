"""TLS from the client's side: by Python, and by the library below it for what Python does not offer."""
import ctypes
import ctypes.util
import socket
import struct

from hostile.exchange import negotiated

MINIMUM_VERSION, MAXIMUM_VERSION = 123, 124
TLS_1_2, TLS_1_3 = 0x0303, 0x0304


def secured(target, context, **fields):
    """A socket behind the handshake; the OK of TLS is left unread."""
    peer = negotiated(target, tls_v1=True, **fields)
    try:
        return context.wrap_socket(peer, server_hostname="localhost")
    except BaseException:
        peer.close()
        raise


class Session:
    """A session of the TLS library itself, over a socket that blocks."""

    def __init__(self, target, certificate, key, version):
        self.library = library = ctypes.CDLL(ctypes.util.find_library("ssl"))
        for name, result, arguments in (
                ("TLS_client_method", ctypes.c_void_p, []), ("SSL_CTX_new", ctypes.c_void_p, [ctypes.c_void_p]),
                ("SSL_new", ctypes.c_void_p, [ctypes.c_void_p]),
                ("SSL_CTX_ctrl", ctypes.c_long, [ctypes.c_void_p, ctypes.c_int, ctypes.c_long, ctypes.c_void_p]),
                ("SSL_CTX_use_certificate_file", ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]),
                ("SSL_CTX_use_PrivateKey_file", ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]),
                ("SSL_set_fd", ctypes.c_int, [ctypes.c_void_p, ctypes.c_int]),
                ("SSL_connect", ctypes.c_int, [ctypes.c_void_p]), ("SSL_free", None, [ctypes.c_void_p]),
                ("SSL_CTX_free", None, [ctypes.c_void_p]), ("SSL_do_handshake", ctypes.c_int, [ctypes.c_void_p]),
                ("SSL_key_update", ctypes.c_int, [ctypes.c_void_p, ctypes.c_int]),
                ("SSL_renegotiate", ctypes.c_int, [ctypes.c_void_p]),
                ("SSL_write", ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]),
                ("SSL_read", ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int])):
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
        self.socket = negotiated(target, tls_v1=True)
        self.socket.setblocking(True)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self.socket.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", 10, 0))
        self.context = library.SSL_CTX_new(library.TLS_client_method())
        for bound in (MINIMUM_VERSION, MAXIMUM_VERSION):
            library.SSL_CTX_ctrl(self.context, bound, version, None)
        library.SSL_CTX_use_certificate_file(self.context, certificate.encode(), 1)
        library.SSL_CTX_use_PrivateKey_file(self.context, key.encode(), 1)
        self.session = library.SSL_new(self.context)
        library.SSL_set_fd(self.session, self.socket.fileno())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.library.SSL_free(self.session)
        self.library.SSL_CTX_free(self.context)
        self.socket.close()

    def connect(self):
        return self.library.SSL_connect(self.session) == 1

    def update_keys(self):
        """One KeyUpdate that asks for one in return; `False` when the peer has closed."""
        self.library.SSL_key_update(self.session, 1)
        return self.library.SSL_do_handshake(self.session) == 1

    def renegotiate(self):
        """Whether the peer takes part in another handshake."""
        self.library.SSL_renegotiate(self.session)
        return self.library.SSL_do_handshake(self.session) == 1 and self.read() != b""

    def write(self, data):
        return self.library.SSL_write(self.session, data, len(data)) == len(data)

    def read(self, count=65_536):
        buffer = ctypes.create_string_buffer(count)
        received = self.library.SSL_read(self.session, buffer, count)
        return buffer.raw[:max(0, received)]
