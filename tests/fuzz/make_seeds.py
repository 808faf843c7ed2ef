#!/usr/bin/env python3
"""Writes the binary seeds of the corpora again: make_seeds.py (text seeds are written by hand)"""

import gzip
import pathlib
import struct
import zlib

CORPUS = pathlib.Path(__file__).resolve().parent / 'corpus'
MARK = b'--8<--'
FP32, FP16, BF16, SPARSE, INT8 = range(5)
REPAIR, KEEP_CHECKSUMS, KEEP_HALVES, MISALIGN = 0, 1, 2, 4


def write(name, data):
    path = CORPUS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def packed(data):
    return gzip.compress(data, mtime=0)


def text(value):
    return struct.pack('<H', len(value)) + value


def message(kind, body, encoding=FP32, count=0, payload=b'', options=REPAIR):
    """A frame of the protocol; the target fills in lengths and checksums."""
    prelude = b'HRMS' + struct.pack('<HBBQQQ', 6, kind, encoding, count, 0, 0)
    return bytes([options]) + prelude + body + MARK + payload


def data_message(kind, body, payload=b'', options=REPAIR):
    prelude = b'HRMD' + struct.pack('<HHQQQ', 4, kind, len(payload), 0, 0)
    return bytes([options]) + prelude + body + MARK + payload


def report(kind, payload, vote=0, captured=0):
    gate = struct.pack('<4dIB', -1.5, 1.0, 0.75, -1.25, 7, 1)
    return struct.pack('<4B3QI2Q7d', kind, payload, vote, captured, 1, 2, 3, 4, 5, 6,
                       0.5, 0.125, 0.25, 0.75, 1.5, 1.25, 0.5) + gate


def release(model):
    assignment = struct.pack('<QBQIIQQQI', 3, 1, 5, 19, 23, 7, 11, 13, 17)
    return struct.pack('<QQB', 8, 9, model) + assignment + struct.pack('<I2d', 2, 0.75, 0.125)


def wire_seeds():
    floats = struct.pack('<3f', 1.0, -2.0, 0.5)
    halves = struct.pack('<3H', 0x3C00, 0xC000, 0x7E00)
    totals = struct.pack('<5Q6d', 1, 2, 3, 4, 5, 0.5, 0.0625, 0.125, 0.25, 0.75, 2.0)
    write('wire/join', message(0, text(b'0.1.0') + struct.pack('<H4Q', 2, 0x1122334455667788, 7, 42, 9000)))
    write('wire/report_fp32', message(1, report(0, 2), FP32, 3, floats))
    write('wire/report_fp16', message(1, report(0, 1), FP16, 3, halves))
    write('wire/report_halves_kept', message(1, report(0, 1), BF16, 3, halves, KEEP_HALVES))
    write('wire/report_sparse', message(1, report(0, 3), SPARSE, 9,
                                        struct.pack('<2I2f', 1, 7, 0.5, -1.0)))
    int8 = struct.pack('<f3b', 0.25, 127, 0, -127)
    write('wire/report_int8', message(1, report(0, 2), INT8, 3, int8))
    write('wire/report_int8_kept', message(1, report(0, 2), INT8, 3, int8, KEEP_HALVES))
    write('wire/report_int8_misaligned', message(1, report(0, 2), INT8, 3, int8, MISALIGN))
    write('wire/report_misaligned', message(1, report(0, 2), FP32, 3, floats, MISALIGN))
    write('wire/report_vote', message(1, report(1, 0, vote=1)))
    write('wire/heartbeat', message(2, b''))
    write('wire/heartbeat_bad_checksum', message(2, b'', options=KEEP_CHECKSUMS))
    write('wire/leave', message(3, bytes([8]) + totals + text(b'no rows')))
    write('wire/release_attached', message(4, release(2), FP32, 3, floats))
    write('wire/release_keep', message(4, release(0)))
    write('wire/collect', message(5, struct.pack('<Qd', 10, 0.25)))
    write('wire/stop', message(6, struct.pack('<BI', 0, 3) + text(b'done')))
    write('wire/capture', message(7, b'\1'))
    write('wire/report_captured', message(1, report(0, 2, captured=1), FP32, 3, floats))
    write('wire/data_ask', data_message(0, b''))
    write('wire/data_ask_rows', data_message(1, struct.pack('<QBB5Q', 1, 0, 1, 5, 2, 3, 4, 5)))
    facts = text(b'digits') + struct.pack('<3QBBB5Q', 1, 2, 2, 0, 0, 1, 0, 60, 0, 10, 9)
    write('wire/data_facts', data_message(2, facts, struct.pack('<2f', 0.5, 2.0)))
    write('wire/data_slice', data_message(3, struct.pack('<3Q', 1, 8, 1), b'\1\0\0\0abcd'))
    write('wire/data_failed', data_message(4, struct.pack('<Q', 1) + text(b'no such rows')))
    write('wire/state_slice', data_message(5, struct.pack('<3Q', 7, 12, 4), b'abcdefgh'))


def state_seeds():
    """A proper state of each of the seven strategies, server and worker, and one that is cut."""
    for strategy in range(7):
        write(f'state/server_{strategy}', bytes([2 * strategy]))
        write(f'state/worker_{strategy}', bytes([2 * strategy + 1]))
    write('state/server_cut', bytes([0, 9]))
    write('state/server_count', bytes([0]) + b''.join(bytes([8 + i, 0, 255]) for i in range(8)))


def run_state_seeds():
    """A trainer's and the statistics' state as they are, cut, and with wrong numbers everywhere."""
    for whose, name in enumerate(['trainer', 'statistics']):
        write(f'run_state/{name}', bytes([whose]))
        write(f'run_state/{name}_cut', bytes([whose, 9]))
        for place in range(0, 1024, 64):
            write(f'run_state/{name}_at_{place}', bytes([whose, place % 256, place // 256, 255]))


def images(count, height, width):
    return struct.pack('>4I', 0x803, count, height, width) + bytes(range(count * height * width))


def labels(count):
    return struct.pack('>2I', 0x801, count) + bytes(i % 3 for i in range(count))


def idx_seeds():
    whole = [images(3, 2, 2), labels(3), images(2, 2, 2), labels(2)]
    write('idx/plain', MARK.join(whole))
    write('idx/gzip', MARK.join(packed(piece) for piece in whole))
    write('idx/short', MARK.join([whole[0][:-1], *whole[1:]]))
    huge = struct.pack('>4I', 0x803, 0xFFFFFFFF, 32768, 32768)
    write('idx/huge_claim', MARK.join([huge, *whole[1:]]))
    write('idx/gzip_cut', MARK.join([packed(whole[0])[:-6], *whole[1:]]))
    write('idx/label_count', MARK.join([whole[0], labels(2), *whole[2:]]))


def cifar10_seeds():
    def record(label):
        return bytes([label]) + bytes([label * 20]) * 3072
    write('cifar10/gzip', MARK.join([packed(record(1) + record(2)), packed(record(9)),
                                     packed(record(3))]))
    write('cifar10/plain', MARK.join([packed(record(0)), packed(record(5)), record(7)]))
    write('cifar10/label', MARK.join([packed(record(10)), b'', b'']))
    write('cifar10/short', MARK.join([packed(record(1)[:-1]), b'', b'']))
    write('cifar10/empty', b'')


def csv_seeds():
    table = b'a,b,label\n1,2,0\n3,4,1\n5,6,1\n'
    write('csv/gzip', b',label\n' + packed(table))
    write('csv/byte_order_mark', b',0\n\xef\xbb\xbf1,2\n3,4\n')


def npy(description, shape, values, version=1):
    header = f"{{'descr': '{description}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    length = struct.pack('<H' if version == 1 else '<I', len(header))
    return b'\x93NUMPY' + bytes([version, 0]) + length + header + values


def npy_seeds():
    features = struct.pack('<4f', 0.5, -1.0, 2.0, 3.0)
    whole = [npy('<f4', (2, 2), features), npy('<i8', (2,), struct.pack('<2q', 0, 1)),
             npy('<f4', (1, 2), features[:8]), npy('<i4', (1,), struct.pack('<i', 1))]
    write('npy/plain', MARK.join(whole))
    write('npy/gzip', MARK.join([packed(array) for array in whole]))
    pictures = npy('|u1', (2, 1, 2, 2), bytes(range(8)), version=2)
    write('npy/pictures', MARK.join([pictures, whole[1], pictures, whole[1]]))
    write('npy/short', MARK.join([whole[0][:-1], *whole[1:]]))
    write('npy/huge_claim', MARK.join([npy('<f8', (1 << 40, 3), b''), *whole[1:]]))
    write('npy/not_finite', MARK.join([npy('<f4', (2, 2), struct.pack('<4f', 1, 2, float('nan'), 4)),
                                       *whole[1:]]))
    write('npy/float_labels', MARK.join([whole[0], npy('<f4', (2,), features[:8]), *whole[2:]]))


def png(width, height, colour, rows):
    def chunk(kind, body):
        return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>2I5B', width, height, 8, colour, 0, 0, 0))
            + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


def image_seeds():
    write('image/grey.png', png(2, 2, 0, b'\0\1\2\0\3\4'))
    write('image/colour.png', png(1, 1, 2, b'\0\1\2\3'))
    write('image/short.png', png(2, 2, 0, b'\0\1\2'))
    write('image/huge_claim.png', png(1 << 20, 1 << 20, 0, b'\0'))


def safetensors(header, values=b''):
    return struct.pack('<Q', len(header)) + header + values


def safetensors_seeds():
    values = struct.pack('<2f', 1.0, -2.0)
    write('safetensors/float', safetensors(
        b'{"__metadata__":{"a":"b"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', values))
    write('safetensors/halves', safetensors(
        b'{"a":{"dtype":"F16","shape":[1,2],"data_offsets":[0,4]},'
        b'"b":{"dtype":"BF16","shape":[],"data_offsets":[4,6]}}', values[:6]))
    write('safetensors/gap', safetensors(
        b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', values))
    write('safetensors/huge_claim', safetensors(
        b'{"w":{"dtype":"F64","shape":[1099511627776],"data_offsets":[0,8796093022208]}}', values))
    write('safetensors/deep', safetensors(
        b'{"w":{"dtype":"F32","shape":' + b'[' * 8000 + b']' * 8000 + b',"data_offsets":[0,8]}}', values))
    write('safetensors/long_header', struct.pack('<Q', 1 << 40) + b'{}')


if __name__ == '__main__':
    wire_seeds()
    state_seeds()
    run_state_seeds()
    idx_seeds()
    cifar10_seeds()
    csv_seeds()
    npy_seeds()
    image_seeds()
    safetensors_seeds()
