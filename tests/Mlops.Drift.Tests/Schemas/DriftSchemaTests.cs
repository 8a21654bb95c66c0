namespace Mlops.Drift.Tests;

internal sealed class DriftSchemaTests
{
    private sealed record Weather(double Wind, float Rain, int Gusts, decimal Price);

    private sealed record Row(Weather Weather, string? City, bool Open, int Hour, DayOfWeek Day, DateTime When, DateOnly Date);

    [Test]
    public void A_member_access_names_its_column()
    {
        DriftSchema<Row> schema = DriftSchema.For<Row>(s => s
            .Numeric(r => r.Weather.Wind)
            .Numeric(static (Row row) => row.Weather.Rain)
            .Numeric(x => x.Weather!.Gusts)
            .Categorical(r => r.City)
            .Categorical(r => r.Open)
            .Categorical(r => r.Hour)
            .Categorical(r => r.Day)
            .Segment(r => r.City, "segment"));

        Assert.That(
            schema.Columns.Select(c => $"{c.Name}:{c.Kind}:{c.Role}:{c.Slot}"),
            Is.EqualTo(new[]
            {
                "Weather.Wind:Numeric:Feature:0", "Weather.Rain:Numeric:Feature:1", "Weather.Gusts:Numeric:Feature:2",
                "City:Categorical:Feature:0", "Open:Categorical:Feature:1", "Hour:Categorical:Feature:2", "Day:Categorical:Feature:3",
                "segment:Categorical:Segment:4",
            }));
    }

    [Test]
    public void Anything_but_a_member_access_asks_for_a_name()
    {
        ArgumentException? refused = Assert.Throws<ArgumentException>(() => DriftSchema.For<Row>(s => s.Numeric(r => r.Weather.Wind * 2)));
        Assert.That(refused!.Message, Does.Contain("r => r.Weather.Wind * 2").And.Contain("name"));

        Assert.Throws<ArgumentException>(() => DriftSchema.For<Row>(s => s.Numeric(r => (double)r.Weather.Price)));
        Assert.Throws<ArgumentException>(() => DriftSchema.For<Row>(s => s.Categorical(r => r.City!.ToString())));
        Assert.Throws<ArgumentException>(() => DriftSchema.For<Row>(s => s.Numeric(_ => 1.0)));
        Assert.DoesNotThrow(() => DriftSchema.For<Row>(s => s.Numeric(r => (double)r.Weather.Price, "price")));
    }

    [Test]
    public void Repeated_names_second_predictions_and_empty_schemas_are_refused()
    {
        Assert.Throws<ArgumentException>(() => DriftSchema.For<Row>(s => s.Categorical(r => r.City).Segment(r => r.City)));
        Assert.Throws<ArgumentException>(() => DriftSchema.For<Row>(s => s.Prediction(r => r.Weather.Wind).Prediction(r => r.Weather.Rain)));
        Assert.Throws<ArgumentException>(() => DriftSchema.For<Row>(_ => { }));
        Assert.Throws<ArgumentException>(() => DriftSchema.Create(s => s.Numeric(" ")));
        Assert.Throws<ArgumentException>(() => DriftSchema.Create(s => s.Numeric(new string('x', 129))));
        Assert.Throws<ArgumentOutOfRangeException>(() => DriftSchema.Create(s => s.Numeric("x", effectFloor: double.NaN)));
    }

    [Test]
    public void Every_kind_of_selector_reads_its_value()
    {
        DriftSchema<Row> schema = DriftSchema.For<Row>(s => s
            .Timestamp(r => r.Date)
            .Numeric(r => r.Weather.Rain)
            .Categorical(r => r.Open)
            .Categorical(r => r.Hour)
            .Categorical(r => r.Day)
            .Categorical(r => r.City));
        Row row = new(new Weather(1, 2.5f, 3, 4), null, true, -7, DayOfWeek.Friday, default, new DateOnly(2024, 2, 29));
        RowScratch scratch = new() { Numbers = new double[1], Texts = new string?[4] };

        schema.Read(in row, scratch);

        Assert.That(scratch.Numbers[0], Is.EqualTo(2.5));
        Assert.That(scratch.Texts, Is.EqualTo(new[] { "true", "-7", "Friday", null }));
        Assert.That(scratch.Facts.Ticks, Is.EqualTo(new DateTime(2024, 2, 29).Ticks));
    }

    [Test]
    public void Missing_is_not_NaN()
    {
        Assert.That(DriftSchema.IsMissing(DriftSchema.Missing));
        Assert.That(DriftSchema.IsMissing(double.NaN), Is.False);
        Assert.That(DriftSchema.IsMissing(0.0 / double.Parse("0", System.Globalization.CultureInfo.InvariantCulture)), Is.False);
        Assert.That(double.IsNaN(DriftSchema.Missing));
    }

    [Test]
    public void Prediction_keys_of_equal_ids_are_equal()
    {
        Guid guid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        PredictionKey text = "prediction-1", sameText = string.Concat("prediction-", "1"), number = 42, id = guid;

        Assert.That(text, Is.EqualTo(sameText));
        Assert.That(text.ToString(), Is.EqualTo("d10c1f1b1ca0fd2f1b8aaf3e9aee7cbd").Or.Length.EqualTo(32));
        Assert.That(number, Is.EqualTo(PredictionKey.From(42)));
        Assert.That(number, Is.Not.EqualTo(text));
        Assert.That(id.ToString(), Is.EqualTo("00112233445566778899aabbccddeeff"));
        Assert.That(((PredictionKey)(string?)null).IsNone);
        Assert.That(PredictionKey.From(0).IsNone, Is.False);
        Assert.That(((PredictionKey)Guid.Empty).IsNone);
    }
}
