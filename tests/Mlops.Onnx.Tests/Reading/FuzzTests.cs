using CsCheck;

namespace Mlops.Onnx.Tests;

/// <summary>Whatever the bytes, the reader returns a model or throws its one exception.</summary>
public sealed class FuzzTests
{
    private static readonly byte[][] Seeds =
    [
        Reference.Bytes("digits/1/model.onnx"),
        Reference.Bytes("breast_cancer_logreg/1/model.onnx"),
        Reference.Bytes("simple/1/model.onnx"),
        Reference.Bytes("simple_identity/1/model.onnx"),
    ];

    [Test]
    public void Random_bytes_never_break_the_reader() =>
        Gen.Byte.Array[0, 200].Sample(bytes => Read(bytes), iter: 20_000, seed: "0000KhO4LCt2");

    [Test]
    public void Flipped_bytes_never_break_the_reader()
    {
        Gen<(int Seed, (int Position, byte Value)[] Flips)> gen =
            Gen.Select(Gen.Int[0, Seeds.Length - 1], Gen.Select(Gen.Int[0, 100_000], Gen.Byte).Array[1, 12]);

        gen.Sample(
            mutation =>
            {
                byte[] bytes = [.. Seeds[mutation.Seed]];
                foreach ((int position, byte value) in mutation.Flips)
                    bytes[position % bytes.Length] = value;
                return Read(bytes);
            },
            iter: 20_000,
            seed: "0000KhO4LCt2");
    }

    [Test]
    public void Cut_repeated_and_spliced_pieces_never_break_the_reader()
    {
        Gen<(int First, int Second, int From, int Length, int At)> gen =
            Gen.Select(Gen.Int[0, Seeds.Length - 1], Gen.Int[0, Seeds.Length - 1], Gen.Int[0, 100_000], Gen.Int[0, 400], Gen.Int[0, 100_000]);

        gen.Sample(
            mutation =>
            {
                byte[] target = Seeds[mutation.First], source = Seeds[mutation.Second];
                int from = mutation.From % source.Length, at = mutation.At % target.Length;
                ReadOnlySpan<byte> piece = source.AsSpan(from, Math.Min(mutation.Length, source.Length - from));
                return Read([.. target.AsSpan(0, at), .. piece, .. target.AsSpan(at)]);
            },
            iter: 20_000,
            seed: "0000KhO4LCt2");
    }

    [Test]
    public void Every_prefix_of_a_model_is_refused_or_read()
    {
        byte[] whole = Seeds[1];
        for (int length = 0; length < whole.Length; length++)
            Assert.That(Read(whole[..length]), Is.True);
    }

    private static bool Read(byte[] bytes)
    {
        try
        {
            return OnnxModel.Read(bytes).Signature is not null;
        }
        catch (OnnxFormatException exception)
        {
            return exception.Message.Length > 0;
        }
    }
}
