using System.Diagnostics;

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
            if (exception is ModelLoadException { Reason: ModelLoadFailure.NothingToServe } && Beside is not null)
                throw;   // as most of the time
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
        string? superseded = _superseded;   // what a target is told meanwhile, this answer of the source does not know yet
        ModelPackage package = await FetchAsync(cancellationToken).ConfigureAwait(false);
        if (package.Content.Length > Options.MaximumModelBytes)
            throw Failure(ModelLoadFailure.TooLarge, $"the file has {package.Content.Length} bytes, {nameof(ModelOptions.MaximumModelBytes)} is {Options.MaximumModelBytes}.");

        using StagedFiles? staged = await StageAsync(package, cancellationToken).ConfigureAwait(false);
        ReadOnlyMemory<byte> golden = await ReadGoldenAsync(package, cancellationToken).ConfigureAwait(false);
        ModelSnapshot? live = _current;
        ModelSnapshot? loaded = await OnOwnThread(() => Build(package, golden, live, superseded, cancellationToken)).ConfigureAwait(false);
        if (loaded is null)
            return live!.Version;

        Publish(loaded);
        Telemetry.RecordSwap(Model);
        ServingLog.Loaded(Logger, Model, loaded.Version, live?.Version.ToString() ?? "none");
        return loaded.Version;
    }

    private async ValueTask<StagedFiles?> StageAsync(ModelPackage package, CancellationToken cancellationToken)
    {
        try
        {
            return await StagedFiles.CopyAsync(Model, package, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not ModelLoadException && !cancellationToken.IsCancellationRequested)
        {
            throw Failure(ModelLoadFailure.SourceFailed, $"a file beside the model could not be copied: {exception.Message}", exception);
        }
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

    private async Task<ReadOnlyMemory<byte>> ReadGoldenAsync(ModelPackage package, CancellationToken cancellationToken)
    {
        if (Options.GoldenSamples is not { } path)
            return package.GoldenSamples;

        try
        {
            return await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Failure(ModelLoadFailure.SourceFailed, $"the golden samples could not be read: {exception.Message}", exception);
        }
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
