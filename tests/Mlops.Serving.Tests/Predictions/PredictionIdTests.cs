using System.Runtime.CompilerServices;

namespace Mlops.Serving.Tests;

public sealed class PredictionIdTests
{
    [Test]
    public void It_has_16_bytes() => Assert.That(Unsafe.SizeOf<PredictionId>(), Is.EqualTo(16));

    [Test]
    public void Text_returns_the_same_id()
    {
        PredictionId id = PredictionId.Next();

        Assert.That(PredictionId.Parse(id.ToString()), Is.EqualTo(id));
        Assert.That(id.ToString(), Has.Length.EqualTo(PredictionId.TextLength));
        Assert.That($"{id}", Is.EqualTo(id.ToString()));
    }

    [Test]
    public void Text_sorts_as_the_ids_were_made()
    {
        string[] texts = [.. Enumerable.Range(0, 1000).Select(_ => PredictionId.Next().ToString())];

        Assert.That(texts, Is.Ordered.Using<string>(StringComparer.Ordinal));
    }

    [Test]
    public void Threads_never_share_an_id()
    {
        PredictionId[] ids = new PredictionId[40_000];
        Parallel.For(0, ids.Length, i => ids[i] = PredictionId.Next());

        Assert.That(ids.Distinct().Count(), Is.EqualTo(ids.Length));
    }

    [TestCase("")]
    [TestCase("0123")]
    [TestCase("0123456789abcdef0123456789abcdeg")]
    [TestCase("+123456789abcdef0123456789abcdef")]
    [TestCase(null)]
    public void Other_text_is_refused(string? text)
    {
        Assert.That(PredictionId.TryParse(text, null, out _), Is.False);
        if (text is not null)
            Assert.That(() => PredictionId.Parse(text), Throws.InstanceOf<FormatException>());
    }
}
