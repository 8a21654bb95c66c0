// given: begin
using Mlops.Storage.Sqlite;
using Mlops.Tuning;
// given: end

namespace Mlops.Tests.Readme.TuningAskTell;

/// <summary>Ask and tell.</summary>
[TestFixture]
public sealed class TuningAskTellExample : ReadmeExample
{
    [Test]
    public async Task What_is_told_is_the_best()
    {
        // given: begin
        await using var database = new SqliteDatabase("Data Source=tuning.db");
        await using var studies = new Studies(database);
        Study study = await studies.OpenAsync("jobs", Direction.Minimize);
        // given: end

        // readme: begin
        Trial trial = await study.AskAsync(idempotencyKey: "job-42");   // asking again with the key returns the same trial
        double rate = trial.SuggestDouble("rate", 1e-5, 1e-1, log: true);
        trial.Report(step: 0, value: 0.7);
        await study.TellAsync(trial, 0.42);                             // telling the same again does nothing
        // readme: end

        TrialRecord? best = await study.FindBestAsync();
        Assert.That(best!.Value, Is.EqualTo(0.42));
        Assert.That(best.Get<double>("rate"), Is.EqualTo(rate));
    }
}
