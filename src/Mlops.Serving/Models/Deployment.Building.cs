using System.Security.Cryptography;
using System.Text;

namespace Mlops.Serving;

// Everything that costs processor time while a version is loaded, in the order that gives up early.
#pragma warning disable CA1001 // its model closes it
internal sealed partial class Deployment
{
    /// <summary>Builds, checks and warms up a version. Null when it serves already, or a promotion has replaced it, also before it was fetched.</summary>
    private ModelSnapshot? Build(ModelPackage package, ReadOnlyMemory<byte> golden, ModelSnapshot? live, string? superseded, CancellationToken cancellationToken)
    {
        string digest = CheckDigest(package);
        if (live is not null && ((live.Version.Digest == digest && live.Version.Number == package.Version) || superseded == digest || _superseded == digest))
            return null;

        using MemoryGauge? gauge = Options.MaximumMemoryBytes is null ? null : new MemoryGauge();
        IModelSession session = CreateSession(package, cancellationToken);
        try
        {
            int output = CheckSignature(session.Signature, live);
            CheckMemory(DeclaredBytes(package, session.Signature), "its file and buffers");
            string? cannotBatch = TryOut(session, golden, gauge, out bool isFinite, cancellationToken);
            if (!Options.Batching.Enabled)
                cannotBatch = $"{nameof(BatchingOptions)}.{nameof(BatchingOptions.Enabled)} is off";
            var version = new ServedVersion(package.Version, digest, TimeProvider.GetUtcNow(), session.Signature) { CannotBatch = CannotBatch ?? cannotBatch };
            return new ModelSnapshot(version, session, output, ContextOf(Options.RequireFinite ?? isFinite));
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private string CheckDigest(ModelPackage package)
    {
        string digest = Convert.ToHexStringLower(SHA256.HashData(package.Content.Span));
        if (package.ExpectedDigest is { } expected && !digest.Equals(expected, StringComparison.OrdinalIgnoreCase))
            throw Failure(ModelLoadFailure.DigestMismatch, $"version {package.Version} should have SHA-256 {expected} and has {digest}; fetch or register it again.");

        digest = WithFiles(digest, package);
        return _environment.Quarantine.Find(Model, digest) is { } reason
            ? throw Quarantined(package.Version, digest, reason)
            : digest;
    }

    private ModelLoadException Quarantined(long version, string digest, string reason) =>
        Failure(ModelLoadFailure.Quarantined, $"version {version} ({digest[..8]}) was taken out of service: {reason}");

    /// <summary>The digest of the model file alone, or of the list of it and its files, which have been checked.</summary>
    private static string WithFiles(string model, ModelPackage package) => package.Files.Count == 0
        ? model
        : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', package.Files
            .OrderBy(static file => file.Path, StringComparer.Ordinal)
            .Select(static file => $"{file.Digest.ToLowerInvariant()} {file.Path}")
            .Prepend($"{model} {FolderScan.ModelFile}")))));

    private IModelSession CreateSession(ModelPackage package, CancellationToken cancellationToken)
    {
        CheckMemory(package.Content.Length + package.Files.Sum(static file => file.Length), "its files");
        try
        {
            return _runtime.Load(Model, package, cancellationToken);
        }
        catch (Exception exception) when (exception is not (ModelLoadException or OperationCanceledException))
        {
            throw Failure(ModelLoadFailure.InvalidModel, exception.Message, exception);
        }
    }

    private int CheckSignature(ModelSignature signature, ModelSnapshot? live)
    {
        if (_contract.Check(signature, out int output) is { } reason)
            throw Failure(ModelLoadFailure.SignatureMismatch, reason + ".");
        if (!Options.AllowUnknownOutputSizes && signature.FindOutputOfUnknownSize() is { } unknown)
        {
            throw Failure(
                ModelLoadFailure.UnknownOutputSize,
                $"the size of output '{unknown}' is known only after a run; export it with the dimension names of the inputs, or set {nameof(ModelOptions.AllowUnknownOutputSizes)}.");
        }

        List<string> differences = (Beside?.Signature ?? live?.Signature ?? Expected) is { } expected ? signature.DifferencesFrom(expected) : [];
        return differences.Count == 0
            ? output
            : throw Failure(
                ModelLoadFailure.SignatureMismatch,
                $"callers of {(live is null || Beside is not null ? "the version that serves" : $"version {live.Version}")} would notice: {string.Join("; ", differences)}.");
    }

    /// <summary>
    /// First runs: made-up rows, then golden samples, then rows alone and among others. Says why calls must not share a run, and whether there are
    /// golden samples whose outputs are finite.
    /// </summary>
    private string? TryOut(IModelSession session, ReadOnlyMemory<byte> golden, MemoryGauge? gauge, out bool isFinite, CancellationToken cancellationToken)
    {
        string? obstacle = WarmUp(session, isGuess: !golden.IsEmpty && WarmupInput.IsGuess(session.Signature), cancellationToken);
        CheckMemory(gauge?.Growth ?? 0, "the process, as measured while it was tried out");
        GoldenSamples? samples = golden.IsEmpty ? null : CheckGolden(session, golden);
        CheckMemory(gauge?.Growth ?? 0, "the process, as measured while it was tried out");
        isFinite = samples is not null && samples.Outputs.All(static output => output.Type.AreFinite(output.Data));
        cancellationToken.ThrowIfCancellationRequested();
        return obstacle ?? FindBatchObstacle(session, samples);
    }

    private GoldenSamples CheckGolden(IModelSession session, ReadOnlyMemory<byte> json)
    {
        GoldenSamples samples;
        string? mismatch;
        try
        {
            samples = GoldenSamples.Read(json);
            mismatch = samples.Check(session);
        }
        catch (Exception exception)
        {
            throw Failure(ModelLoadFailure.GoldenSampleMismatch, exception.Message, exception);
        }

        return mismatch is null ? samples : throw Failure(ModelLoadFailure.GoldenSampleMismatch, mismatch + ".");
    }

    private static string? FindBatchObstacle(IModelSession session, GoldenSamples? golden)
    {
        try
        {
            SampleRows? rows = golden?.ToRows(session.Signature);
            return rows is { Count: > 1 }
                ? BatchCheck.FindObstacle(session, rows, golden!.Tolerance)
                : BatchCheck.FindObstacle(session, WarmupInput.Rows(session.Signature), tolerance: null);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return $"rows could not be compared: {exception.Message}";
        }
    }

    /// <summary>Says why runs must not have several rows.</summary>
    private string? WarmUp(IModelSession session, bool isGuess, CancellationToken cancellationToken)
    {
        ModelSignature signature = session.Signature;
        int maximum = signature.Inputs.Any(static input => input.HasRows) ? Options.MaximumWarmupRows : 1;
        string? notFinite = null, obstacle = null;
        bool wasFinite = false;
        int rows = 1;
        try
        {
            var shape = SlotShape.Smallest(signature, maximum);
            using IModelSlot slot = session.CreateSlot(shape);
            for (int run = 0; run < Math.Max(Options.WarmupRuns, WarmupInput.Kinds); run++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                WarmupInput.Fill(slot, shape, signature, rows, run);
                slot.Run(rows);
                string? found = WarmupInput.FindNotFinite(slot, signature, rows);
                wasFinite |= found is null;
                notFinite ??= found;
            }

            for (rows = 2; rows <= maximum; rows *= 2)
            {
                cancellationToken.ThrowIfCancellationRequested();
                WarmupInput.Fill(slot, shape, signature, rows, run: rows);
                slot.Run(rows);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException && rows > 1)
        {
            obstacle = $"a run of {rows} rows failed: {exception.Message}";
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Golden samples tell more than sizes that were only guessed.
            return isGuess ? null : throw Failure(ModelLoadFailure.WarmupFailed, $"a run on made-up input failed: {exception.Message}", exception);
        }

        return Options.RequireFinite != false && !wasFinite
            ? throw Failure(ModelLoadFailure.NotFinite, $"output '{notFinite}' holds NaN or infinity for every warm-up input; set {nameof(ModelOptions.RequireFinite)} to false if that is meant.")
            : obstacle;
    }

    /// <summary>The model's files, and buffers for the most rows of a warm-up run.</summary>
    private long DeclaredBytes(ModelPackage package, ModelSignature signature) => package.Content.Length + package.Files.Sum(static file => file.Length)
        + signature.Inputs.Concat(signature.Outputs).Sum(tensor => (long)(tensor.BytesPerRow ?? 0) * (tensor.HasRows ? Options.MaximumWarmupRows : 1));

    private void CheckMemory(long bytes, string what)
    {
        if (bytes > Options.MaximumMemoryBytes)
            throw Failure(ModelLoadFailure.OutOfMemory, $"{what} would take {bytes} bytes, {nameof(ModelOptions.MaximumMemoryBytes)} is {Options.MaximumMemoryBytes}.");
    }
}
