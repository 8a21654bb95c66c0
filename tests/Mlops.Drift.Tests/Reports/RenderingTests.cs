using System.Xml.Linq;

namespace Mlops.Drift.Tests;

internal sealed class RenderingTests
{
    [Test]
    public void The_html_report_is_well_formed_self_contained_and_small_for_a_thousand_columns()
    {
        const int Columns = 1_000;
        DriftSchema schema = DriftSchema.Create(s =>
        {
            for (int i = 0; i < Columns; i++)
                s.Numeric($"column {i} <&>");
        });
        Draws draws = new(1);
        ProfileBuilder builder = new(schema, new ProfileOptions());
        for (int i = 0; i < 300; i++)
            builder.Add(draws.Normals(Columns), [], RowFacts.NoTime);
        RowWindow window = new(schema, 100, WindowKeeping.Latest, 10);
        for (int i = 0; i < 60; i++)
            window.Add(draws.Normals(Columns, i % 7 == 0 ? 3 : 0), [], RowFacts.NoTime);

        string html = DriftReport.Of(builder.Build()!, window.Snapshot(), new()).ToHtml();

        Assert.That(XDocument.Parse(html).Descendants("svg").Count(), Is.EqualTo(Columns));
        Assert.That(html, Does.Not.Contain("<script").And.Not.Contain("http"));
        Assert.That(System.Text.Encoding.UTF8.GetByteCount(html), Is.LessThan(500_000));
    }

    [Test]
    public void A_report_reads_back_from_its_json()
    {
        ReferenceProfile profile = ReferenceProfile.Build(Ride.Schema, new Draws(1).Rides(2_000), new() { ModelVersion = "v1" });
        DriftReport report = DriftReport.Compare(profile, new Draws(2).Rides(200, shift: 0.5));

        DriftReport read = DriftReport.FromJson(report.ToJson());

        Assert.That(read.ToJson(), Is.EqualTo(report.ToJson()));
        Assert.That(read.Verdict, Is.EqualTo(DriftVerdict.Drift));
        Assert.That(() => DriftReport.FromJson("{"), Throws.TypeOf<DriftFormatException>());
    }
}
