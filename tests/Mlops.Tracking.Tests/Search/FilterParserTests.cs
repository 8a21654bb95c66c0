namespace Mlops.Tracking.Tests.Search;

public sealed class FilterParserTests
{
    [TestCase("", 0, "it ends where a field")]
    [TestCase("metrics.a", 9, "it ends where a comparison")]
    [TestCase("metrics.a < ", 12, "it ends where a value")]
    [TestCase("metrics.a < 'x'", 12, "no quotes")]
    [TestCase("params.a = 1", 11, "stands in '...'")]
    [TestCase("params.a < 'x'", 9, "< does not compare this field; = != LIKE")]
    [TestCase("metrics.a LIKE 'x'", 10, "LIKE does not compare")]
    [TestCase("status LIKE 'x'", 7, "LIKE does not compare")]
    [TestCase("status = 'Done'", 9, "'Done' is no status; there are Running")]
    [TestCase("status = '2'", 9, "'2' is no status")]
    [TestCase("metrics.a < NaN", 12, "nothing is less or greater than NaN")]
    [TestCase("start_time > 1.5", 13, "whole number of milliseconds")]
    [TestCase("start_time > 1e300", 13, "whole number of milliseconds")]
    [TestCase("count(metrics.a) = 1.5", 19, "a count is a whole number")]
    [TestCase("median(metrics.a) = 1", 0, "median(...) is not known")]
    [TestCase("min(params.a) = 1", 0, "of a metric")]
    [TestCase("min(metrics.a = 1", 14, "where ')' is expected")]
    [TestCase("models.a = 1", 0, "'models' is nothing a run has")]
    [TestCase("loss < 1", 0, "'loss' is no attribute")]
    [TestCase("attributes.loss = '1'", 0, "'loss' is no attribute")]
    [TestCase("metrics.a < 1 metrics.b < 1", 14, "where AND, OR or the end")]
    [TestCase("metrics.a < 1; DROP TABLE tracking_run", 13, "U+003B belongs to no filter")]
    [TestCase("metrics.a < 1 -- comment", 14, "belongs to no filter")]
    [TestCase("tags.a = 'x", 9, "the quote ' is not closed")]
    [TestCase("tags.a NOT LIKE 'x'", 11, "where IN is expected")]
    [TestCase("tags.a IN 'x'", 10, "where '(' is expected")]
    [TestCase("tags.a IN ()", 11, "where a value")]
    [TestCase("tags.a LIKE 'x\\'", 12, "does not end with a single \\")]
    [TestCase("metrics. < 1", 9, "the key of metrics")]
    [TestCase("metrics.a < 1x", 12, "where a value")]
    [TestCase("(metrics.a < 1", 14, "where ')' is expected")]
    [TestCase("AND metrics.a < 1", 0, "'AND' is no attribute")]
    public void What_cannot_be_read_is_named_with_its_place(string filter, int position, string problem)
    {
        RunFilterException? refused = Assert.Throws<RunFilterException>(() => FilterParser.Parse(filter));
        Assert.That(refused!.Message, Does.Contain(problem));
        Assert.That(refused.Position, Is.EqualTo(position));
    }

    [TestCase("metrics.rmse < 1 and params.model = 'tree'")]
    [TestCase("metrics.`val loss` >= 0.5")]
    [TestCase("tags.\"mlflow.parentRunId\" = 'abc'")]
    [TestCase("tags.mlflow.source.name ILIKE '%train.py'")]
    [TestCase("attributes.status = 'FINISHED' and attributes.start_time > 1664067852747")]
    [TestCase("run_id IN ('a','b')")]
    [TestCase("`run name` = \"x\"")]
    [TestCase("NOT NOT (min(metrics.a) = -Infinity OR metric.a != NaN)")]
    [TestCase("params.a not in ('it''s', 'x') AND created<=+1")]
    public void What_MLflow_reads_and_more_is_read(string filter) => Assert.That(FilterParser.Parse(filter), Is.Not.Null);

    [Test]
    public void Length_depth_and_number_are_bounded()
    {
        string one = "metrics.a < 1";
        Assert.That(static () => FilterParser.Parse(new string(' ', 10_001)), Throws.InstanceOf<RunFilterException>());
        Assert.That(() => FilterParser.Parse(new string('(', 31) + one + new string(')', 31)), Throws.Nothing);
        Assert.That(() => FilterParser.Parse(new string('(', 32) + one + new string(')', 32)), Throws.InstanceOf<RunFilterException>().With.Message.Contains("32"));
        Assert.That(() => FilterParser.Parse(string.Join(" OR ", Enumerable.Repeat(one, 100))), Throws.Nothing);
        Assert.That(() => FilterParser.Parse(string.Join(" OR ", Enumerable.Repeat(one, 101))), Throws.InstanceOf<RunFilterException>().With.Message.Contains("100"));
        Assert.That(static () => FilterParser.Parse($"tags.a IN ({string.Join(",", Enumerable.Repeat("'x'", 101))})"), Throws.InstanceOf<RunFilterException>().With.Message.Contains("100"));
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
                FilterParser.Parse(text);
                read++;
            }
            catch (RunFilterException refused)
            {
                Assert.That(refused.Position, Is.InRange(0, text.Length), text);
            }
        }

        Assert.That(read, Is.GreaterThan(50));
    }
}
