// given: begin
using Mlops.Drift;
// given: end

namespace Mlops.Tests.Readme.DriftWholes;

/// <summary>Embeddings, texts and rows as wholes.</summary>
[TestFixture]
public sealed class DriftWholesExample : ReadmeExample
{
    [Test]
    public void Embeddings_texts_and_rows_are_compared_as_wholes()
    {
        // given: begin
        var random = new Random(7);
        float[] embeddings = [.. Enumerable.Range(0, 300 * 16).Select(_ => random.NextSingle())], latestEmbeddings = [.. Enumerable.Range(0, 300 * 16).Select(_ => 0.2f + random.NextSingle())];
        string[] tickets = [.. Enumerable.Range(0, 300).Select(_ => random.Next(2) == 0 ? "my order is late" : "the parcel is late again")];
        string[] latestTickets = [.. Enumerable.Range(0, 300).Select(_ => random.Next(2) == 0 ? "my order is late" : "the refund is late again")];
        DriftSchema schema = DriftSchema.Create(s => s.Numeric("x").Numeric("y"));
        DriftBatch lastMonth = Batch(0), today = Batch(1);

        DriftBatch Batch(double shift) => new DriftBatch(schema)
            .Numeric("x", Enumerable.Range(0, 500).Select(_ => random.NextDouble()).ToArray())
            .Numeric("y", Enumerable.Range(0, 500).Select(_ => shift + random.NextDouble()).ToArray());
        // given: end

        // readme: begin
        VectorDrift vectors = VectorDrift.Compare(embeddings, latestEmbeddings, columns: 16);
        TextDrift texts = TextDrift.Compare(tickets, latestTickets);
        DriftAttribution cause = DriftAttribution.Explain(lastMonth, today);
        Console.WriteLine($"{vectors.Verdict}; {texts.Verdict}, above all '{texts.TellingWords[0].Word}'; {cause.Columns[0].Column} tells today from last month");
        // readme: end

        Assert.That((vectors.Verdict, texts.Verdict, cause.Columns[0].Column), Is.EqualTo((DriftVerdict.Drift, DriftVerdict.Drift, "y")));
    }
}
