using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Mlops.Drift;
using Mlops.Onnx;
using Mlops.Registry;
using Mlops.Tracking;

namespace Quickstart;

/// <summary>From rows to a registered version: a tracked run, the ONNX file, and what its monitor compares with.</summary>
public sealed class RidershipModels(ModelRegistry registry, Tracker tracker, DriftStore references, RideHistory history)
{
    public const string Name = "ridership";
    public const string Alias = "champion";

    /// <summary>Version 1 for ever, served under a name of its own to compare with.</summary>
    public const string Frozen = "ridership-frozen";

    /// <summary>Tags of a version that say what it was trained on.</summary>
    public const string DataTag = "training.sha256", FromTag = "training.from", UntilTag = "training.until", RowsTag = "training.rows", CandidateTag = "candidate";

    private (Hyperparameters Parameters, FeatureMap Features)? _tuned;

    /// <summary>What tuning chose.</summary>
    public Hyperparameters Hyperparameters => Tuned.Parameters;

    /// <summary>The inputs that go with it.</summary>
    public FeatureMap Features => Tuned.Features;

    private (Hyperparameters Parameters, FeatureMap Features) Tuned =>
        _tuned ?? throw new InvalidOperationException("The hyperparameters are not tuned yet.");

    /// <summary>Called once at start.</summary>
    public void Use(Hyperparameters parameters) => _tuned = (parameters, new FeatureMap(parameters.Harmonics));

    public LinearModel Fit(IReadOnlyList<TrainingRow> rows) => RidershipTrainer.Fit(rows, Hyperparameters);

    /// <summary>Tracks and registers a fitted version. The same key finds the version that was registered before.</summary>
    /// <param name="kind">What the fit is for; names the run.</param>
    /// <param name="rows">What it was fitted on, in date order.</param>
    /// <param name="model">The fit.</param>
    /// <param name="key">Idempotency key of run and version.</param>
    /// <param name="candidate">The accepted candidate that this is the refit of, or null.</param>
    /// <param name="cancellationToken">Cancels the registration.</param>
    public async Task<ModelVersion> RegisterAsync(
        string kind, IReadOnlyList<TrainingRow> rows, LinearModel model, string key, int? candidate, CancellationToken cancellationToken)
    {
        Dictionary<string, string> tags = new()
        {
            [DataTag] = Hash(rows),
            [FromTag] = $"{rows[0].Date:yyyy-MM-dd}",
            [UntilTag] = $"{rows[^1].Date:yyyy-MM-dd}",
            [RowsTag] = rows.Count.ToString(CultureInfo.InvariantCulture),
        };
        if (candidate is { } number)
            tags[CandidateTag] = number.ToString(CultureInfo.InvariantCulture);

        await using Run run = await tracker.StartRunAsync($"{Name}-training", new() { Name = $"{kind} {rows[^1].Date:yyyy-MM-dd}", Tags = tags, IdempotencyKey = key }, cancellationToken);
        if (run.Status == RunStatus.Running)
        {
            run.LogParameter("lambda", Hyperparameters.Lambda);
            run.LogParameter("harmonics", Hyperparameters.Harmonics);
            run.LogParameter("half_life_days", Hyperparameters.HalfLifeDays);
            run.LogMetric("training_mae", RidershipTrainer.AbsoluteErrors(model, rows).Average());
            run.Complete();
        }

        var onnx = new MemoryStream();
        OnnxLinearRegression.Write(onnx, model.Weights, model.Intercept, featureNames: Features.Names);
        onnx.Position = 0;
        return await registry.RegisterAsync(Name, onnx, new() { RunId = run.Id, Description = kind, Tags = tags, IdempotencyKey = key }, cancellationToken);
    }

    /// <summary>Stores the version's season-matched input reference and its cross-validated error baseline, by the digest that serving reports.</summary>
    public Task SetReferenceAsync(ModelVersion version, IReadOnlyList<TrainingRow> rows, LinearModel model, CancellationToken cancellationToken)
    {
        string digest = version.Hash.ToString();
        ReferenceProfile profile = ReferenceProfile.Build(
            RideSchema.Instance,
            rows.Select(row => new ServedRide(history.Get(row.Date), "", (float)model.Predict(row.Features))),
            new() { Season = Season.Month, ModelVersion = digest });
        ErrorBaseline baseline = ErrorBaseline.FromErrors(RidershipTrainer.CrossValidatedErrors(rows, Hyperparameters, RetrainPolicy.BaselineDays));
        return references.SetReferenceAsync(RideSchema.Monitor, digest, new ServedReference(profile, baseline), cancellationToken);
    }

    private static string Hash(IReadOnlyList<TrainingRow> rows)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (TrainingRow row in rows)
        {
            hash.AppendData(MemoryMarshal.AsBytes([row.Date.DayNumber]));
            hash.AppendData(MemoryMarshal.AsBytes(row.Features.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes([row.Target]));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
