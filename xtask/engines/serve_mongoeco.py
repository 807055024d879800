"""Serves mongoeco, an implementation of MongoDB, on a loopback port: python serve_mongoeco.py PORT"""
import asyncio
import sys

from bson.int64 import Int64
from mongoeco.wire import proxy

encode = proxy.encode_op_msg_response


def encode_with_long_cursors(document, **header):
    """mongosh insists on a cursor's id being a 64-bit integer, as a mongod's is."""
    if isinstance(document.get("cursor"), dict):
        document["cursor"]["id"] = Int64(document["cursor"]["id"])
    return encode(document, **header)


async def main():
    proxy.encode_op_msg_response = encode_with_long_cursors
    await proxy.AsyncMongoEcoProxyServer(host="127.0.0.1", port=int(sys.argv[1])).start()
    await asyncio.Event().wait()


asyncio.run(main())
