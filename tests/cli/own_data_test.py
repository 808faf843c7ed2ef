"""A user's own arrays and pictures become data sets: convert npy, convert images.

Arrays are numpy's, pictures are written and read once more by OpenCV.
"""

import gzip
import struct
import zlib

import cv2
import e2e_case
import h5py
import numpy

NOISE = numpy.random.default_rng(5)


def npy(header, body=b"", version=1, magic=b"\x93NUMPY"):
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return magic + bytes([version, 0]) + length + header.encode() + body


def rows_by_label(path, split):
    """The rows of a file whose labels tell them apart, in the order of the labels."""
    with h5py.File(path) as file:
        order = numpy.argsort(file[f"{split}/y"][:])
        return file[f"{split}/x"][:][order], file[f"{split}/y"][:][order]


class OwnDataTest(e2e_case.E2eCase):
    def convert(self, *arguments):
        result = self.run_hermes("convert", *arguments)
        self.assert_ended_well(result)

    def assert_refused(self, words, *arguments):
        result = self.run_hermes("convert", *arguments, "--out", "refused.h5")
        self.assertEqual(result.code, 2, result)
        self.assertRegex(result.stderr, rf"\Ahermes: .*{words}[^\n]*\n\Z")
        self.assertFalse((self.scratch / "refused.h5").exists())

    def arrays(self, **changes):
        """Four files, good but for the changes; the arguments that name them."""
        arrays = {
            "train_x": NOISE.normal(size=(20, 6)).astype("f4"),
            "train_y": numpy.arange(20) % 3,
            "test_x": NOISE.normal(size=(5, 6)).astype("f4"),
            "test_y": numpy.arange(5) % 3,
            **changes,
        }
        arguments = ["npy"]
        for name, array in arrays.items():
            path = self.scratch / f"{name}.npy"
            if isinstance(array, bytes):
                path.write_bytes(array)
            else:
                numpy.save(path, array)
            arguments += [f"--{name.replace('_', '-')}", path]
        return arguments

    def test_arrays_of_every_type_and_rank_come_through(self):
        for x_type in ("u1", "<i4", "<i8", "<f4", "<f8"):
            for shape in ((6,), (4, 5), (3, 4, 5)):
                for y_type in ("u1", "<i4", "<i8"):
                    with self.subTest(x=x_type, shape=shape, y=y_type):
                        x = NOISE.integers(0, 200, (17, *shape)).astype(x_type)
                        y = numpy.arange(17).astype(y_type)
                        self.convert(
                            *self.arrays(train_x=x, train_y=y, test_x=x[:4], test_y=y[:4]), "--out", "made.h5"
                        )
                        found, labels = rows_by_label(self.scratch / "made.h5", "train")
                        self.assertEqual(found.dtype, numpy.uint8 if x_type == "u1" else numpy.float32)
                        expected = x[:, None] if len(shape) == 2 else x
                        numpy.testing.assert_array_equal(found, expected)
                        numpy.testing.assert_array_equal(labels, y)
                        with h5py.File(self.scratch / "made.h5") as file:
                            numpy.testing.assert_array_equal(file["test/x"][:], expected[:4])
                            axes = (0, 2, 3) if expected.ndim == 4 else 0
                            numpy.testing.assert_allclose(
                                file.attrs["mean"], expected.astype("f8").mean(axis=axes), rtol=1e-5
                            )

    def test_arrays_of_numbers_come_with_their_rows(self):
        for y_type in ("<f4", "<f8"):
            for columns in ((), (1,), (3,)):
                with self.subTest(y=y_type, columns=columns):
                    x = numpy.arange(17, dtype="f4")[:, None]
                    y = NOISE.normal(size=(17, *columns)).astype(y_type)
                    self.convert(*self.arrays(train_x=x, train_y=y, test_x=x[:4], test_y=y[:4]), "--out", "numbers.h5")
                    with h5py.File(self.scratch / "numbers.h5") as file:
                        order = numpy.argsort(file["train/x"][:, 0])
                        expected = y[:, 0] if columns == (1,) else y
                        self.assertEqual(file["train/y"].dtype, numpy.float32)
                        numpy.testing.assert_array_equal(file["train/y"][:][order], expected.astype("f4"))
                        numpy.testing.assert_array_equal(file["test/y"][:], expected[:4].astype("f4"))

    def test_packed_arrays_and_header_version_2_are_the_same(self):
        arguments = self.arrays()
        self.convert(*arguments, "--out", "plain.h5")
        for path in arguments[2::2]:
            array = numpy.load(path)
            with open(path, "wb") as file:
                numpy.lib.format.write_array(file, array, version=(2, 0))
            path.write_bytes(gzip.compress(path.read_bytes()))
        self.convert(*arguments, "--out", "packed.h5")
        made = [(self.scratch / name).read_bytes() for name in ("plain.h5", "packed.h5")]
        self.assertEqual(*made)

    def test_wrong_arrays_are_one_line(self):
        def of(shape, kind="<f4"):
            return f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n"

        x = numpy.ones((20, 6), "f4")
        spoilt = x.copy()
        spoilt[7, 2] = numpy.inf
        huge = 1 << 62
        for words, changes in [
            ("test_x.npy: expected rows of the shape.*found \\(5, 7\\)", {"test_x": numpy.ones((5, 7), "f4")}),
            ("train_y.npy: expected 20 integers.*found integers of shape \\(19,\\)", {"train_y": numpy.zeros(19, int)}),
            ("test_y.npy: expected 5 x 1 floats.*found integers of shape \\(5,\\)", {"train_y": numpy.zeros(20)}),
            ("test_y.npy: expected 5 integers.*found floats", {"test_y": numpy.zeros(5)}),
            ("train_y.npy: expected 20 x 2 floats.*found floats of shape \\(19, 2\\)", {"train_y": numpy.zeros((19, 2))}),
            ("train_y.npy: expected 20 x 6 floats.*\\(20, 2, 3\\)", {"train_y": numpy.zeros((20, 2, 3))}),
            ("train_y.npy: row 4: expected finite", {"train_y": numpy.where(numpy.arange(20) == 4, numpy.nan, 0)}),
            ("train_y.npy: row 3: expected a label.*found -1", {"train_y": numpy.where(numpy.arange(20) == 3, -1, 0)}),
            ("train_x.npy: row 7: expected finite", {"train_x": spoilt}),
            ("train_x.npy: .*fortran_order", {"train_x": numpy.asfortranarray(numpy.ones((20, 6)))}),
            ("expected numbers of type.*found >f4", {"train_x": x.astype(">f4")}),
            ("expected numbers of type.*found <U3", {"train_x": numpy.full((20, 6), "abc")}),
            ("expected rows x features.*found shape \\(20,\\)", {"train_x": x[:, 0]}),
            ("expected a shape.*found \\(20, 0\\)", {"train_x": x[:, :0]}),
            ("expected a shape.*found \\(\\)", {"train_x": numpy.float32(1)}),
            ("expected the magic string", {"train_x": b"PK\x03\x04 and so on"}),
            ("expected the magic string", {"train_x": npy(of("(20, 6)"), version=9)}),
            ("expected 8 bytes", {"train_x": b""}),
            ("length of the header", {"train_x": b"\x93NUMPY\x02\x00\xff\xff\xff\xff"}),
            ("header: expected a key 'descr'", {"train_x": npy("{}")}),
            ("values: expected 480 bytes, found 8", {"train_x": npy(of("(20, 6)"), b"12345678")}),
            ("values: expected [0-9]+ bytes, found 4", {"train_x": npy(of(f"({1 << 37}, 8)"), b"1234")}),
            ("expected a shape", {"train_x": npy(of(f"({huge}, {huge})"), b"1234")}),
            ("expected a shape", {"train_x": npy(of("(2, -1)"), b"1234")}),
            ("expected a shape", {"train_x": npy(of("(2, 3"), b"1234")}),
            ("expected the end of the file", {"train_x": npy(of("(20, 6)"), bytes(481))}),
        ]:
            with self.subTest(words=words):
                self.assert_refused(words, *self.arrays(**changes))

    def pictures(self, name, files):
        """A directory CLASS/FILE of pictures; arrays are encoded as the name says."""
        root = self.scratch / name
        for place, content in files.items():
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                (root / place).write_bytes(content)
            else:
                self.assertTrue(cv2.imwrite(str(root / place), content))
        return root

    @staticmethod
    def planes(path, channels):
        """channels x height x width, as OpenCV reads the file."""
        if channels == 1:
            return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)[None]
        return cv2.imread(str(path), cv2.IMREAD_COLOR)[:, :, ::-1].transpose(2, 0, 1)

    def test_pictures_of_both_formats_come_through(self):
        def noise(*shape):
            return NOISE.integers(0, 256, shape).astype("u1")

        for channels in (1, 3):
            with self.subTest(channels=channels):
                files = {"ant/a.png": noise(9, 7), "bee/b.jpg": noise(9, 7)}
                files["cat/c.jpeg"] = noise(9, 7, 3) if channels == 3 else noise(9, 7)
                train = self.pictures(f"train-{channels}", files)
                test = self.pictures(f"test-{channels}", {"cat/x.png": noise(9, 7)})
                (train / "cat" / ".hidden").write_text("not a picture")
                out = f"pictures-{channels}.h5"
                self.convert("images", "--train", train, "--test", test, "--out", out)
                found, labels = rows_by_label(self.scratch / out, "train")
                self.assertEqual(list(labels), [0, 1, 2])
                for row, name in enumerate(("ant/a.png", "bee/b.jpg", "cat/c.jpeg")):
                    numpy.testing.assert_array_equal(found[row], self.planes(train / name, channels))
                with h5py.File(self.scratch / out) as file:
                    self.assertEqual(list(file.attrs["class_names"]), ["ant", "bee", "cat"])
                    self.assertEqual(list(file["test/y"][:]), [2])
                    numpy.testing.assert_array_equal(file["test/x"][0], self.planes(test / "cat/x.png", channels))

    def test_wrong_pictures_are_one_line(self):
        good = NOISE.integers(0, 256, (9, 7)).astype("u1")
        test = self.pictures("good-test", {"ant/x.png": good})
        for kind in (".png", ".jpg"):
            whole = cv2.imencode(kind, NOISE.integers(0, 256, (40, 40, 3)).astype("u1"))[1].tobytes()
            for name, content in [("cut", whole[: len(whole) // 2]), ("start", whole[:20]), ("empty", b""), ("text", b"hello")]:
                with self.subTest(kind=kind, damage=name):
                    train = self.pictures(f"{name}-{kind[1:]}", {f"ant/a{kind}": content})
                    self.assert_refused(rf"ant/a{kind}: expected a ", "images", "--train", train, "--test", test)
        huge = b"\x89PNG\r\n\x1a\n" + cv2.imencode(".png", good)[1].tobytes()[8:]
        header = struct.pack(">II", 100_000, 100_000) + huge[24:29]
        huge = huge[:16] + header + struct.pack(">I", zlib.crc32(b"IHDR" + header)) + huge[33:]
        for words, files in [
            (r"b\.png: expected an image of 9 x 7 pixels as .*a\.png, found 7 x 9", {"ant/a.png": good, "ant/b.png": good.T}),
            (r"notes\.txt: expected a file \.png, \.jpg or \.jpeg", {"ant/a.png": good, "ant/notes.txt": b"hello"}),
            (r"a\.png: expected at most 64000000 pixels, found 100000 x 100000|a\.png: expected a PNG", {"ant/a.png": huge}),
            (r"good-test/ant: expected a class that training images have", {"bee/a.png": good}),
            (r"stray\.png: expected a readable directory", {"stray.png": good}),
        ]:
            with self.subTest(words=words):
                train = self.pictures(f"wrong-{abs(hash(words))}", files)
                self.assert_refused(words, "images", "--train", train, "--test", test)
        self.assert_refused("nowhere: expected a readable directory", "images", "--train", "nowhere", "--test", test)


if __name__ == "__main__":
    e2e_case.main()
