using System.Diagnostics;
using System.Security.Cryptography;

namespace Mlops.Serving;

internal sealed partial class Deployment
{
    /// <inheritdoc cref="ServedModel.ReloadAsync"/>
    public async Task<ServedVersion> ReloadAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        await _loading.WaitAsync(cancellationToken).ConfigureAwait(false);
        using Activity? activity = ServingTelemetry.StartLoad(Model);
        try
        {
            ServedVersion version = await LoadAsync(cancellationToken).ConfigureAwait(false);
            ServingTelemetry.Describe(activity, version);
            _lastFailure = null;
            _sourceFailures = 0;
            return version;
        }
        catch (Exception exception)
        {
            ServingTelemetry.Describe(activity, exception);
            if (exception is ModelLoadException failure)
            {
                _lastFailure = failure;
                Telemetry.RecordLoadFailure(Model, failure.Reason);
                ServingLog.LoadFailed(Logger, Model, Version?.ToString() ?? "none", failure);
                if (failure.Reason == ModelLoadFailure.SourceFailed)
                    RetryLater();
            }

            throw;
        }
        finally
        {
            _loading.Release();
        }
    }

    private async Task<ServedVersion> LoadAsync(CancellationToken cancellationToken)
    {
        ModelPackage package = await FetchAsync(cancellationToken).ConfigureAwait(false);
        if (package.Content.Length > Options.MaximumModelBytes)
            throw Failure(ModelLoadFailure.TooLarge, $"the file has {package.Content.Length} bytes, {nameof(ModelOptions.MaximumModelBytes)} is {Options.MaximumModelBytes}.");

        ModelSnapshot? live = _current;
        ModelSnapshot? loaded = await OnOwnThread(() => Build(package, live, cancellationToken)).ConfigureAwait(false);
        if (loaded is null)
            return live!.Version;

        Publish(loaded);
        Telemetry.RecordSwap(Model);
        ServingLog.Loaded(Logger, Model, loaded.Version, live?.Version.ToString() ?? "none");
        return loaded.Version;
    }

    private async ValueTask<ModelPackage> FetchAsync(CancellationToken cancellationToken)
    {
        ModelPackage? package;
        try
        {
            package = await _source.LoadAsync(Model, Options.MaximumModelBytes, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not ModelLoadException && !cancellationToken.IsCancellationRequested)
        {
            throw Failure(ModelLoadFailure.SourceFailed, $"the source could not deliver it: {exception.Message}", exception);
        }

        return package ?? throw Failure(ModelLoadFailure.NothingToServe, "the source has no version yet; publish one, then reload.");
    }

    /// <summary>Everything that costs processor time. Null when the version serves already.</summary>
    private ModelSnapshot? Build(ModelPackage package, ModelSnapshot? live, CancellationToken cancellationToken)
    {
        string digest = Convert.ToHexStringLower(SHA256.HashData(package.Content.Span));
        if (package.ExpectedDigest is { } expected && !digest.Equals(expected, StringComparison.OrdinalIgnoreCase))
            throw Failure(ModelLoadFailure.DigestMismatch, $"version {package.Version} should have SHA-256 {expected} and has {digest}; fetch or register it again.");
        if (live is not null && live.Version.Digest == digest && live.Version.Number == package.Version)
            return null;

        IModelSession session = CreateSession(package, cancellationToken);
        try
        {
            int output = CheckSignature(session.Signature, live);
            WarmUp(session, cancellationToken);
            return new ModelSnapshot(new ServedVersion(package.Version, digest, TimeProvider.GetUtcNow()), session, output, ExecutorContext);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private IModelSession CreateSession(ModelPackage package, CancellationToken cancellationToken)
    {
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

        List<string> differences = live is null ? [] : signature.DifferencesFrom(live.Signature);
        return differences.Count == 0
            ? output
            : throw Failure(ModelLoadFailure.SignatureMismatch, $"callers of version {live!.Version} would notice: {string.Join("; ", differences)}.");
    }

    private void WarmUp(IModelSession session, CancellationToken cancellationToken)
    {
        string? notFinite = null;
        bool wasFinite = false;
        try
        {
            using IModelSlot slot = session.CreateSlot(SlotShape.For(session.Signature, maximumRows: 1));
            for (int run = 0; run < Math.Max(Options.WarmupRuns, WarmupInput.Kinds); run++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                WarmupInput.Fill(slot, session.Signature, run);
                slot.Run(rows: 1);
                string? found = WarmupInput.FindNotFinite(slot, session.Signature);
                wasFinite |= found is null;
                notFinite ??= found;
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw Failure(ModelLoadFailure.WarmupFailed, $"a run on made-up input failed: {exception.Message}", exception);
        }

        if (Options.RequireFinite && !wasFinite)
            throw Failure(ModelLoadFailure.NotFinite, $"output '{notFinite}' holds NaN or infinity for every warm-up input; set {nameof(ModelOptions.RequireFinite)} to false if that is meant.");
    }

    private ModelLoadException Failure(ModelLoadFailure reason, string detail, Exception? cause = null) => new(Model, reason, detail, cause);

    /// <summary>Runs long work beside the thread pool, whose threads answer requests.</summary>
    private static Task<T> OnOwnThread<T>(Func<T> work)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                completion.SetResult(work());
            }
            catch (OperationCanceledException exception)
            {
                completion.SetCanceled(exception.CancellationToken);
            }
            catch (Exception exception)
            {
                completion.SetException(exception);
            }
        })
        {
            IsBackground = true,
            Name = "Mlops.Serving model load",
            Priority = ThreadPriority.BelowNormal,
        };
        thread.Start();
        return completion.Task;
    }
}
