namespace Mlops.Registry.Tests.Models;

public sealed class ModelReferenceTests
{
    [TestCase("ridership/3", "ridership", null, 3)]
    [TestCase("ridership@champion", "ridership", "champion", null)]
    [TestCase("a.b_c-D9@x.y", "a.b_c-D9", "x.y", null)]
    [TestCase("9/2147483647", "9", null, int.MaxValue)]
    [TestCase("m@7", "m", "7", null)]
    [TestCase("a b@c", "a b", "c", null)]
    [TestCase("Fahrgäste (täglich)/12", "Fahrgäste (täglich)", null, 12)]
    [TestCase("m@_x-", "m", "_x-", null)]
    public void A_reference_reads_and_prints_itself(string text, string model, string? alias, int? version)
    {
        ModelReference reference = ModelReference.Parse(text);

        Assert.That((reference.Model, reference.Alias, reference.Number), Is.EqualTo((model, alias, version)));
        Assert.That(reference.ToString(), Is.EqualTo(text));
    }

    [TestCase("")]
    [TestCase("ridership")]
    [TestCase("ridership/")]
    [TestCase("ridership@")]
    [TestCase("/3")]
    [TestCase("ridership/0")]
    [TestCase("ridership/03")]
    [TestCase("ridership/+3")]
    [TestCase("ridership/-3")]
    [TestCase("ridership/ 3")]
    [TestCase("ridership/2147483648")]
    [TestCase("ridership/champion")]
    [TestCase("ridership@a/3")]
    [TestCase("ridership@a@b")]
    [TestCase("../etc@passwd")]
    [TestCase("a b @c")]
    [TestCase("a:b@c")]
    [TestCase("../1")]
    [TestCase("ridership@ch\u0430mpion")]
    public void Anything_else_is_a_format_error(string text)
    {
        Assert.That(ModelReference.TryParse(text, out _), Is.False);
        Assert.That(() => ModelReference.Parse(text), Throws.TypeOf<FormatException>());
    }

    [Test]
    public void A_model_has_at_most_256_characters_and_an_alias_255()
    {
        Assert.That(ModelReference.TryParse(new string('a', 256) + "/1", out _), Is.True);
        Assert.That(ModelReference.TryParse(new string('a', 257) + "/1", out _), Is.False);
        Assert.That(ModelReference.TryParse("m@" + new string('a', 255), out _), Is.True);
        Assert.That(ModelReference.TryParse("m@" + new string('a', 256), out _), Is.False);
        Assert.That(() => ModelReference.ToAlias(new string('a', 257), "b"), Throws.TypeOf<InvalidNameException>());
        Assert.That(() => ModelReference.ToVersion("a", 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
