using CsCheck;

namespace Mlops.Onnx.Tests;

public sealed class OnnxSignatureTests
{
    private static readonly OnnxSignature Current = Signature([Value("x", -1, 64)], [Value("y", -1, 10), Value("z", -1, -1)]);

    [Test]
    public void A_signature_is_compatible_with_itself()
    {
        Assert.That(Current.IsCompatibleWith(Current, out IReadOnlyList<string> differences), Is.True);
        Assert.That(differences, Is.Empty);
    }

    [Test]
    public void An_input_may_become_free_but_not_fixed()
    {
        OnnxSignature free = Signature([Value("x", -1, -1)], Current.Outputs);

        Assert.That(free.IsCompatibleWith(Current, out _), Is.True);
        Assert.That(Current.IsCompatibleWith(free, out IReadOnlyList<string> differences), Is.False);
        Assert.That(differences, Is.EqualTo(new[] { "input 'x' was float32[?,?] and is float32[?,64]" }));
    }

    [Test]
    public void An_output_may_become_fixed_but_not_free()
    {
        OnnxSignature tighter = Signature(Current.Inputs, [Value("y", -1, 10), Value("z", -1, 3)]);

        Assert.That(tighter.IsCompatibleWith(Current, out _), Is.True);
        Assert.That(Current.IsCompatibleWith(tighter, out _), Is.False);
    }

    [Test]
    public void Extra_outputs_and_another_order_do_no_harm()
    {
        OnnxSignature more = Signature(Current.Inputs, [Value("extra", 1), .. Current.Outputs.Reverse()]);

        Assert.That(more.IsCompatibleWith(Current, out _), Is.True);
    }

    [Test]
    public void Missing_new_and_changed_values_are_each_named()
    {
        OnnxSignature other = Signature(
            [new OnnxValue("w", OnnxElementType.Int64, [OnnxDimension.Free])],
            [new OnnxValue("y", OnnxElementType.Float64, [OnnxDimension.Free, new(10)])]);

        Assert.That(other.IsCompatibleWith(Current, out IReadOnlyList<string> differences), Is.False);
        Assert.That(differences, Is.EqualTo(new[]
        {
            "input 'x' is gone",
            "input 'w' is new (int64[?])",
            "output 'y' was float32[?,10] and is float64[?,10]",
            "output 'z' is gone",
        }));
    }

    [TestCase("bad/digits_wrong_input_shape.onnx", "input 'input' was float32[batch,64] and is float32[batch,63]")]
    [TestCase("bad/digits_renamed_output.onnx", "output 'logits' is gone")]
    public void A_runtime_would_load_these_and_the_comparison_does_not(string path, string difference)
    {
        OnnxSignature digits = OnnxModel.Read(Reference.Bytes("digits/2/model.onnx")).Signature;
        OnnxSignature bad = OnnxModel.Read(Reference.Bytes(path)).Signature;

        Assert.That(bad.IsCompatibleWith(digits, out IReadOnlyList<string> differences), Is.False);
        Assert.That(differences, Does.Contain(difference));
    }

    // The documented table: what the value was, what it is, whether that is compatible as an input and as an output.
    [TestCase("f32[n,64]", "f32[n,64]", true, true)]
    [TestCase("f32[n,64]", "f32[m,64]", true, true)]
    [TestCase("f32[n,64]", "f32[?,64]", true, true)]
    [TestCase("f32[?,64]", "f32[n,64]", true, true)]
    [TestCase("f32[n,64]", "f32[n,k]", true, false)]
    [TestCase("f32[n,64]", "f32[n,?]", true, false)]
    [TestCase("f32[n,k]", "f32[n,64]", false, true)]
    [TestCase("f32[n,64]", "f32[n,65]", false, false)]
    [TestCase("f32[n,64]", "f32[n]", false, false)]
    [TestCase("f32[n,64]", "f32[n,64,1]", false, false)]
    [TestCase("f32[n,64]", "f32", true, false)]
    [TestCase("f32", "f32[n,64]", false, true)]
    [TestCase("f32[]", "f32[]", true, true)]
    [TestCase("f32[]", "f32[1]", false, false)]
    [TestCase("f32[n]", "f64[n]", false, false)]
    [TestCase("f64[n]", "f32[n]", false, false)]
    [TestCase("i32[n]", "i64[n]", false, false)]
    [TestCase("f16[n]", "f32[n]", false, false)]
    [TestCase("f32[n]", "seq f32[n]", false, false)]
    public void The_documented_table_of_changes_holds(string was, string now, bool asInput, bool asOutput)
    {
        OnnxValue before = Parse(was), after = Parse(now);

        Assert.That(Signature([after], []).IsCompatibleWith(Signature([before], []), out _), Is.EqualTo(asInput));
        Assert.That(Signature([], [after]).IsCompatibleWith(Signature([], [before]), out _), Is.EqualTo(asOutput));
    }

    [Test]
    public void A_value_that_is_gone_breaks_callers_and_a_new_one_only_as_an_input()
    {
        OnnxValue x = Value("x", 1), y = Value("y", 1);

        Assert.That(Signature([x], []).IsCompatibleWith(Signature([x, y], []), out _), Is.False);
        Assert.That(Signature([x, y], []).IsCompatibleWith(Signature([x], []), out _), Is.False);
        Assert.That(Signature([], [x]).IsCompatibleWith(Signature([], [x, y]), out _), Is.False);
        Assert.That(Signature([], [x, y]).IsCompatibleWith(Signature([], [x]), out _), Is.True);
    }

    [Test]
    public void Replacing_step_by_step_is_as_safe_as_replacing_at_once()
    {
        Gen<long> size = Gen.Int[-1, 2].Select(static n => (long)n);
        Gen<OnnxSignature> gen = Gen.Select(
            size.Array[1, 2], size.Array[1, 2],
            (input, output) => Signature([Value("x", input)], [Value("y", output)]));

        Gen.Select(gen, gen, gen).Sample(
            (a, b, c) => !(a.IsCompatibleWith(b, out _) && b.IsCompatibleWith(c, out _)) || a.IsCompatibleWith(c, out _),
            iter: 10_000);
    }

    private static OnnxSignature Signature(IReadOnlyList<OnnxValue> inputs, IReadOnlyList<OnnxValue> outputs) => new(inputs, outputs);

    private static OnnxValue Value(string name, params long[] dims) =>
        new(name, OnnxElementType.Float32, [.. dims.Select(d => new OnnxDimension(d))]);

    /// <summary>Reads <c>f32[n,64]</c>, <c>f32</c> for an unknown shape, <c>seq f32[n]</c> for a sequence.</summary>
    private static OnnxValue Parse(string text)
    {
        bool sequence = text.StartsWith("seq ", StringComparison.Ordinal);
        text = sequence ? text[4..] : text;
        int bracket = text.IndexOf('[', StringComparison.Ordinal);
        OnnxElementType type = (bracket < 0 ? text : text[..bracket]) switch
        {
            "f16" => OnnxElementType.Float16,
            "f64" => OnnxElementType.Float64,
            "i32" => OnnxElementType.Int32,
            "i64" => OnnxElementType.Int64,
            _ => OnnxElementType.Float32,
        };
        OnnxDimension[]? shape = bracket < 0
            ? null
            : [.. text[(bracket + 1)..^1].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static dimension =>
                long.TryParse(dimension, out long size) ? new OnnxDimension(size) : dimension == "?" ? OnnxDimension.Free : new OnnxDimension(-1, dimension))];
        return new OnnxValue("v", type, shape, sequence ? OnnxValueKind.Sequence : OnnxValueKind.Tensor);
    }
}
