namespace Mlops.Storage.Tests.Filters;

public sealed class FilterTests
{
    private static readonly QueryFields Fields = new QueryFields("thing")
        .Add("name", QueryField.Text("t.name"), "other name")
        .Add("note", QueryField.Text("t.note", isNullable: true))
        .Add("number", QueryField.Whole("t.number"))
        .Add("created", QueryField.Time("t.created"))
        .Add("status", QueryField.Choice("t.status", new Dictionary<string, long> { ["OPEN"] = 0, ["DONE"] = 1 }))
        .Add("sealed", new QueryField(QueryValueKind.Number, static (sql, comparison) => sql.AppendValues("t.sealed", comparison.Operator, [1L])))
        .AddKeyed("tags", static key => QueryField.Keyed("thing_tag", "thing", "t.thing", key), "tag")
        .AddKeyed("metrics", static key => key == "absent" ? null : QueryField.Whole("t.metric"))
        .AddFunction("min", "metrics", static key => QueryField.Whole("t.minimum"))
        .AddFunction("at", "metrics", static (key, step) => QueryField.Whole($"t.at_{step}"));

    [TestCase("name = 'a'", "(t.name = @a0)")]
    [TestCase("`other name` != 'a' AND note = 'b'", "((t.name <> @a0) AND (t.note IS NOT NULL AND t.note = @a1))")]
    [TestCase("NOT (number < 1 OR number >= 2)", "NOT ((t.number < @a0) OR (t.number >= @a1))")]
    [TestCase("name ILIKE 'a%'", "(LOWER(t.name) LIKE @a0 ESCAPE '\\')")]
    [TestCase("tags.team IN ('a', 'b')", "(EXISTS (SELECT 1 FROM thing_tag x WHERE x.thing = t.thing AND x.name = @a0 AND x.value IN (@a1, @a2) LIMIT 1 OFFSET 0))")]
    [TestCase("status = 'done'", "(t.status = @a0)")]
    [TestCase("status LIKE 'D%'", "(CASE t.status WHEN 0 THEN 'OPEN' WHEN 1 THEN 'DONE' END LIKE @a0 ESCAPE '\\')")]
    [TestCase("created = 5", "(((t.created >= @a0 AND t.created < @a1)))")]
    [TestCase("min(metrics.a) = 1 OR at(metrics.a, -7) = 1", "((t.minimum = @a0) OR (t.at_-7 = @a1))")]
    [TestCase("thing.name = 'x' AND attr.name = 'y'", "((t.name = @a0) AND (t.name = @a1))")]
    public void A_filter_becomes_a_condition_whose_values_are_parameters(string filter, string expected)
    {
        var sql = new SqlText();
        Parse(filter).AppendTo(sql);
        Assert.That(sql.ToString(), Is.EqualTo(expected));
        Assert.That(sql.Arguments.Select(static argument => argument.Name), Is.EqualTo(Enumerable.Range(0, sql.Arguments.Length).Select(static i => $"@a{i}")));
    }

    [TestCase("loss = 1", 0, "'loss' is no attribute of a thing; it has name, note, number")]
    [TestCase("models.a = 1", 0, "'models' is nothing a thing has; it has tags, metrics, attributes")]
    [TestCase("metrics.absent = 1", 0, "metrics have no 'absent'")]
    [TestCase("max(metrics.a) = 1", 0, "max(...) is not known; there are min(metrics.key), at(metrics.key, number)")]
    [TestCase("min(tags.a) = 1", 0, "min(...) is not known")]
    [TestCase("min(min(metrics.a)) = 1", 4, "'min' is no attribute")]
    [TestCase("min(metrics.a, 2) = 1", 0, "min(...) is written min(metrics.key)")]
    [TestCase("at(metrics.a) = 1", 0, "at(...) is written at(metrics.key, number)")]
    [TestCase("at(metrics.a, 1.5) = 1", 14, "where a whole number is expected")]
    [TestCase("status = 'Done ' ", 9, "'Done ' is no status; there are OPEN, DONE")]
    [TestCase("number = 1.5", 9, "whole number")]
    [TestCase("number LIKE '1'", 7, "LIKE does not compare")]
    public void What_cannot_be_read_is_named_with_its_place(string filter, int position, string problem)
    {
        FilterException? refused = Assert.Throws<FilterException>(() => Parse(filter));
        Assert.That(refused!.Message, Does.StartWith("Reading a filter of things: at character").And.Contain(problem));
        Assert.That(refused.Position, Is.EqualTo(position));
    }

    [TestCase("loss = 1", "'loss' is no attribute of an experiment; it has name")]
    [TestCase("models.a = 1", "'models' is nothing an experiment has; it has attributes")]
    public void A_message_has_the_article_that_its_noun_takes(string filter, string problem) => Assert.That(
        () => Filter.Parse(filter, new QueryFields("experiment").Add("name", QueryField.Text("t.name"))), Throws.TypeOf<FilterException>().With.Message.Contains(problem));

    [Test]
    public void Length_depth_and_number_are_bounded()
    {
        string one = "metrics.a < 1";
        Assert.That(static () => Parse(new string(' ', 40_001)), Throws.InstanceOf<FilterException>());
        Assert.That(() => Parse(new string('(', 31) + one + new string(')', 31)), Throws.Nothing);
        Assert.That(() => Parse(new string('(', 32) + one + new string(')', 32)), Throws.InstanceOf<FilterException>().With.Message.Contains("32"));
        Assert.That(() => Parse(string.Join(" OR ", Enumerable.Repeat(one, 100))), Throws.Nothing);
        Assert.That(() => Parse(string.Join(" OR ", Enumerable.Repeat(one, 101))), Throws.InstanceOf<FilterException>().With.Message.Contains("100"));
        Assert.That(static () => Parse($"tags.a IN ({string.Join(", ", Enumerable.Repeat($"'{new string('f', 32)}'", 1_000))})"), Throws.Nothing);
        Assert.That(static () => Parse($"tags.a IN ({string.Join(",", Enumerable.Repeat("'x'", 1_001))})"), Throws.InstanceOf<FilterException>().With.Message.Contains("1000"));
    }

    /// <summary>Anything that is typed is read or refused with its place.</summary>
    [Test]
    public void Random_texts_are_read_or_refused()
    {
        string[] pieces = ["metrics", ".", "a", "`", "'", "\"", "(", ")", " ", "AND", "OR", "NOT", "IN", "LIKE", "<", "=", "!", ",", "1", "e", "-", "NaN", "min", "status", "tags.x", "\\", "\u00e9", "\ud800", "\0", ";", "params.b = 'c'", "metrics.a < 1"];
        var random = new Random(1);
        int read = 0;
        for (int i = 0; i < 50_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => pieces[random.Next(pieces.Length)]));
            try
            {
                Parse(text);
                read++;
            }
            catch (FilterException refused)
            {
                Assert.That(refused.Position, Is.InRange(0, text.Length), text);
            }
        }

        Assert.That(read, Is.GreaterThan(50));
    }

    private static Filter Parse(string text) => Filter.Parse(text, Fields);
}
