using Mlops.Storage;

namespace Mlops.Tracking.Tests.Search;

/// <summary>What filters of runs say; the language itself is tested where it lives.</summary>
public sealed class RunFieldsTests
{
    [TestCase("", 0, "it ends where a field")]
    [TestCase("metrics.a", 9, "it ends where a comparison")]
    [TestCase("metrics.a < ", 12, "it ends where a value")]
    [TestCase("metrics.a < 'x'", 12, "no quotes")]
    [TestCase("params.a = 1", 11, "stands in '...'")]
    [TestCase("params.a < 'x'", 9, "< does not compare this field; = != LIKE")]
    [TestCase("metrics.a LIKE 'x'", 10, "LIKE does not compare")]
    [TestCase("status = 'Done'", 9, "'Done' is no status; there are RUNNING")]
    [TestCase("status = '2'", 9, "'2' is no status")]
    [TestCase("metrics.a < NaN", 12, "nothing is less or greater than NaN")]
    [TestCase("start_time > 1.5", 13, "whole number of milliseconds")]
    [TestCase("start_time > 1e300", 13, "whole number of milliseconds")]
    [TestCase("count(metrics.a) = 1.5", 19, "whole number")]
    [TestCase("median(metrics.a) = 1", 0, "median(...) is not known")]
    [TestCase("min(params.a) = 1", 0, "min(metrics.key)")]
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
        FilterException? refused = Assert.Throws<FilterException>(() => Filter.Parse(filter, RunFields.All));
        Assert.That(refused!.Message, Does.Contain(problem));
        Assert.That(refused.Position, Is.EqualTo(position));
    }

    [TestCase("metrics.rmse < 1 and params.model = 'tree'")]
    [TestCase("metrics.`val loss` >= 0.5")]
    [TestCase("tags.\"mlflow.parentRunId\" = 'abc'")]
    [TestCase("tags.mlflow.source.name ILIKE '%train.py'")]
    [TestCase("attributes.status = 'FINISHED' and attributes.start_time > 1664067852747")]
    [TestCase("run_id IN ('a','b')")]
    [TestCase("`Run Name` LIKE 'x%' AND user_id = 'me' AND Created > 0")]
    [TestCase("at(metrics.mae, 100) < 0.5 AND NOT at(metric.`val loss`, -1) = NaN")]
    [TestCase("`run name` = \"x\"")]
    [TestCase("NOT NOT (min(metrics.a) = -Infinity OR metric.a != NaN)")]
    [TestCase("attributes.status LIKE 'FIN%'")]
    [TestCase("params.a not in ('it''s', 'x') AND created<=+1")]
    public void What_MLflow_reads_and_more_is_read(string filter) => Assert.That(Filter.Parse(filter, RunFields.All), Is.Not.Null);
}
