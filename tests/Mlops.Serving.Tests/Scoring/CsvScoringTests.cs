using System.Globalization;
using System.Text;
using CsCheck;

namespace Mlops.Serving.Tests;

public sealed class CsvScoringTests
{
    [Test]
    public async Task A_file_comes_back_with_the_answer_to_each_row()
    {
        await using ModelServer server = await StartAsync(["lag", "rain"]);

        (string[][] rows, ScoringProgress whole) = await ScoreAsync(server, "id,rain,lag\r\na,1,10\r\nb,2,20\r\n");

        Assert.That(rows[0], Is.EqualTo(new[] { "id", "rain", "lag", "prediction", "prediction_id", "model_version", "error" }));
        Assert.That(rows.Skip(1).Select(static row => (row[0], row[1], row[2], row[3], row[5], row[6])), Is.EqualTo(new[] { ("a", "1", "10", "26", "1", ""), ("b", "2", "20", "47", "1", "") }));
        Assert.That(rows.Skip(1).Select(static row => PredictionId.TryParse(row[4], null, out _)), Is.All.True);
        Assert.That(whole, Is.EqualTo(new ScoringProgress(2, 0)));
    }

    [Test]
    public async Task A_row_that_is_none_has_an_error_without_its_values_and_the_others_their_answers()
    {
        await using ModelServer server = await StartAsync(["lag", "rain"]);

        (string[][] rows, ScoringProgress whole) = await ScoreAsync(server, "lag,rain\n1,2\nsecret,2\n3\n4,5,6\n,7\n8,9\n");

        Assert.That(rows.Skip(1).Select(static row => (row[2], row[^1])), Is.EqualTo(new[]
        {
            ("9", ""), ("", "column 'lag' is not a number"), ("", "the row has 1 fields and the header 2"), ("", "the row has 3 fields and the header 2"),
            ("", "column 'lag' is empty"), ("30", ""),
        }));
        Assert.That(rows, Has.All.Length.EqualTo(rows[0].Length), "every row has every column");
        Assert.That(whole, Is.EqualTo(new ScoringProgress(6, 4)));
    }

    [Test]
    public async Task Columns_are_the_models_features_or_those_that_are_named_or_all()
    {
        await using ModelServer named = await StartAsync(["lag", "rain"]), bare = await StartAsync(names: null);

        Assert.That((await ScoreAsync(named, "x,rain,lag\n9,1,10\n")).Rows[1][3], Is.EqualTo("26"));
        Assert.That((await ScoreAsync(bare, "lag,rain\n10,1\n")).Rows[1][2], Is.EqualTo("26"));
        Assert.That((await ScoreAsync(bare, "x,rain,lag\n9,1,10\n", new CsvScoringOptions { Features = ["lag", "rain"], Keep = ["x"] })).Rows[1].Take(2), Is.EqualTo(new[] { "9", "26" }));
        Assert.That(async () => await ScoreAsync(named, "lag\n1\n"), Throws.InstanceOf<CsvFormatException>().With.Message.Contains("no column 'rain'"));
        Assert.That(async () => await ScoreAsync(named, "lag,rain,lag\n1,2,3\n"), Throws.InstanceOf<CsvFormatException>().With.Message.Contains("two columns 'lag'"));
        Assert.That(async () => await ScoreAsync(bare, "a,b,c\n1,2,3\n"), Throws.InstanceOf<CsvFormatException>().With.Message.Contains("takes 2 columns and 3 are given"));
        Assert.That(async () => await ScoreAsync(named, ""), Throws.InstanceOf<CsvFormatException>().With.Message.Contains("empty"));
        Assert.That(async () => await ScoreAsync(named, "lag,rain\n1,2\n", new CsvScoringOptions { Outputs = ["other"] }), Throws.InstanceOf<InvalidInputException>().With.Message.Contains("no output 'other'"));
    }

    [Test]
    public async Task A_name_that_is_taken_gets_a_number()
    {
        await using ModelServer server = await StartAsync(["lag", "rain"]);

        (string[][] rows, _) = await ScoreAsync(server, "lag,rain,prediction,error,error_2\n1,2,0,x,y\n");

        Assert.That(rows[0].Skip(5), Is.EqualTo(new[] { "prediction_2", "prediction_id", "model_version", "error_3" }));
    }

    [Test]
    public async Task Empty_fields_are_missing_values_where_that_is_asked_for()
    {
        await using ModelServer server = await StartAsync(["lag", "rain"]);

        (string[][] rows, _) = await ScoreAsync(server, "lag,rain\n1,\n", new CsvScoringOptions { EmptyIsNaN = true });

        Assert.That((rows[1][2], rows[1][^1]), Is.EqualTo(("NaN", "")));
    }

    [Test]
    public async Task Numbers_do_not_depend_on_the_host()
    {
        await using ModelServer server = await StartAsync(["lag", "rain"]);
        CultureInfo before = CultureInfo.CurrentCulture;
        var northern = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        northern.NumberFormat.NumberDecimalSeparator = ",";
        CultureInfo.CurrentCulture = northern;
        try
        {
            Assert.That((await ScoreAsync(server, "lag,rain\n1.5,0.25\n")).Rows[1][2], Is.EqualTo("8.25"));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Test]
    public async Task Progress_is_told_every_thousand_rows_and_at_the_end()
    {
        await using ModelServer server = await StartAsync(["lag", "rain"]);
        var told = new Told();

        await ScoreAsync(server, "lag,rain\n" + string.Concat(Enumerable.Repeat("1,2\n", 2_500)), progress: told);

        Assert.That(told.Reports, Is.EqualTo(new ScoringProgress[] { new(1_000, 0), new(2_000, 0), new(2_500, 0) }));
    }

    [Test]
    public async Task A_break_in_the_file_ends_it_with_its_line_and_the_rows_before_are_written()
    {
        await using ModelServer server = await StartAsync(["lag", "rain"]);
        using var output = new MemoryStream();

        CsvFormatException failure = (await Assert.ThrowsAsync<CsvFormatException>(
            () => server.Get("m").ScoreCsvAsync(new MemoryStream("lag,rain\n1,2\n3,4\n\"5\"6,7\n"u8.ToArray()), output)))!;

        Assert.That(failure.Line, Is.EqualTo(4));
        Assert.That(Parse(Encoding.UTF8.GetString(output.ToArray())), Has.Length.EqualTo(3));
    }

    [Test]
    public async Task A_model_of_other_inputs_is_refused()
    {
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime() }.AddModel("m", m => m.FromSource(new MemorySource())));

        Assert.That(async () => await ScoreAsync(server, "a\n1\n"), Throws.InstanceOf<ModelUnavailableException>());
        Assert.That(async () => await ScoreAsync(server, "a\n1\n", new CsvScoringOptions { Separator = '"' }), Throws.ArgumentException);
    }

    [TestCase("a,b\r\nc,d\r\n", "a|b", "c|d")]
    [TestCase("a,b\nc,d", "a|b", "c|d")]
    [TestCase("a,b\rc,d\r", "a|b", "c|d")]
    [TestCase("\uFEFFa,b\n", "a|b")]
    [TestCase("\n\r\na,\n\n,b\n", "a|", "|b")]
    [TestCase("\"a,\"\"b\"\"\",\"c\r\nd\"\n", "a,\"b\"|c\r\nd")]
    [TestCase("\"\",\" x \"\n", "| x ")]
    public async Task Records_are_read_by_the_standard(string text, params string[] expected)
    {
        Assert.That((await ReadAsync(text)).Select(static fields => string.Join('|', fields)), Is.EqualTo(expected));
    }

    [TestCase("a\"b\n", 1)]
    [TestCase("x\n\"a\"b\n", 2)]
    [TestCase("x\r\ny\r\n\"a\n", 3)]
    [TestCase("\"a\r\nb\rc\n\"x", 4)]
    public void What_the_standard_does_not_allow_is_refused_with_its_line(string text, int line) =>
        Assert.That(async () => await ReadAsync(text), Throws.InstanceOf<CsvFormatException>().With.Property("Line").EqualTo(line));

    [Test]
    public void A_field_or_record_without_end_is_refused()
    {
        Assert.That(async () => await ReadAsync(new string('x', (1 << 20) + 1)), Throws.InstanceOf<CsvFormatException>().With.Message.Contains("characters"));
        Assert.That(async () => await ReadAsync(new string(',', 20_000)), Throws.InstanceOf<CsvFormatException>().With.Message.Contains("fields"));
    }

    [Test]
    public void What_is_written_is_read_back() =>
        Gen.String[Gen.Char["ab\",\r\n;= \t\u00E4\u6F22\0"], 0, 6].Array[2, 5].Array[1, 20].Sample(static records =>
        {
            using var writer = new StringWriter();
            var line = new CsvLine(',');
            foreach (string[] record in records)
                line.AddAll(record).WriteAsync(writer, CancellationToken.None).GetAwaiter().GetResult();

            Assert.That(Parse(writer.ToString()), Is.EqualTo(records));
        });

    private static async Task<ModelServer> StartAsync(IReadOnlyList<string>? names)
    {
        ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime { FeatureNames = names } }.AddModel("m", m => m.FromSource(MemorySource.Of(2, 1, 5))));
        await server.StartAsync();
        return server;
    }

    private static async Task<(string[][] Rows, ScoringProgress Whole)> ScoreAsync(ModelServer server, string csv, CsvScoringOptions? options = null, IProgress<ScoringProgress>? progress = null)
    {
        using var output = new MemoryStream();
        ScoringProgress whole = await server.Get("m").ScoreCsvAsync(new MemoryStream(Encoding.UTF8.GetBytes(csv)), output, options, progress);
        return (Parse(Encoding.UTF8.GetString(output.ToArray())), whole);
    }

    private static string[][] Parse(string csv) => [.. ReadAsync(csv).GetAwaiter().GetResult()];

    // Through a reader that gives a few characters at a time, so that every record crosses the end of a buffer somewhere.
    private static async Task<List<string[]>> ReadAsync(string csv)
    {
        List<string[]> records = [];
        var reader = new CsvReader(new StreamReader(new MemoryStream(Encoding.Unicode.GetBytes(csv)), Encoding.Unicode, detectEncodingFromByteOrderMarks: true, bufferSize: 128), ',');
        while (await reader.ReadAsync(CancellationToken.None) is { } fields)
            records.Add(fields);
        return records;
    }

    private sealed class Told : IProgress<ScoringProgress>
    {
        public List<ScoringProgress> Reports { get; } = [];

        public void Report(ScoringProgress value) => Reports.Add(value);
    }
}
