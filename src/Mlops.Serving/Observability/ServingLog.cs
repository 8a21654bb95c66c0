using Microsoft.Extensions.Logging;

namespace Mlops.Serving;

internal static partial class ServingLog
{
    [LoggerMessage(5000, LogLevel.Information, "Model {Model} serves version {Version}; before it: {Previous}")]
    public static partial void Loaded(ILogger logger, string model, ServedVersion version, string previous);

    [LoggerMessage(5001, LogLevel.Error, "A version of model {Model} was refused; still serving: {Version}")]
    public static partial void LoadFailed(ILogger logger, string model, string version, ModelLoadException exception);

    [LoggerMessage(5002, LogLevel.Error, "Observer {Observer} failed on a prediction or outcome of model {Model}; further failures are only counted (mlops.serving.observer.errors)")]
    public static partial void ObserverFailed(ILogger logger, string observer, string model, Exception exception);

    [LoggerMessage(5003, LogLevel.Warning, "Predictions of model {Model} were still under way {Timeout} after disposal began; its memory is freed when they end")]
    public static partial void DrainTimedOut(ILogger logger, string model, TimeSpan timeout);

    [LoggerMessage(5004, LogLevel.Error, "Reloading model {Model} after a change of its source broke off")]
    public static partial void ReloadBroke(ILogger logger, string model, Exception exception);

    [LoggerMessage(5005, LogLevel.Error, "A callback of WatchVersion failed when model {Model} went to version {Version}")]
    public static partial void VersionWatcherFailed(ILogger logger, string model, string version, Exception exception);

    [LoggerMessage(5006, LogLevel.Error, "A run of model {Model} version {Version} did not end when it was asked to; its thread and buffers are lost until it does ({Lost} at present)")]
    public static partial void RunLost(ILogger logger, string model, ServedVersion version, int lost);

    [LoggerMessage(5007, LogLevel.Error, "The runtime failed to end a run of model {Model} version {Version}")]
    public static partial void TerminateFailed(ILogger logger, string model, ServedVersion version, Exception exception);

    [LoggerMessage(5008, LogLevel.Critical, "Model {Model} version {Version} accepts no more calls: {Reason}")]
    public static partial void Quarantined(ILogger logger, string model, ServedVersion version, string reason);

    [LoggerMessage(5010, LogLevel.Information, "Model {Model}: version {Version} is tried out as {Kind} for {Share} of the keys, beside version {Stable}")]
    public static partial void RolloutBegan(ILogger logger, string model, ServedVersion version, RolloutKind kind, double share, ServedVersion stable);

    [LoggerMessage(5011, LogLevel.Warning, "Model {Model}: version {Version} was decided about: {State}, because: {Reason}")]
    public static partial void RolloutDecided(ILogger logger, string model, long version, RolloutState state, string reason);

    [LoggerMessage(5012, LogLevel.Error, "Model {Model}: version {Version} is {State}, but what lies outside of the process could not follow; it is tried again")]
    public static partial void RolloutTargetFailed(ILogger logger, string model, long version, RolloutState state, Exception exception);

    [LoggerMessage(5013, LogLevel.Error, "The rollout of model {Model} could not be read, stored or applied; nothing changes until it can, and it is tried again")]
    public static partial void RolloutStoreFailed(ILogger logger, string model, Exception exception);

    [LoggerMessage(5014, LogLevel.Error, "A call of model {Model} could not be compared with its shadow")]
    public static partial void ShadowBroke(ILogger logger, string model, Exception exception);

    [LoggerMessage(5015, LogLevel.Information, "Model {Model}: version {Version}, which is tried out, answers {Share} of the keys from now on")]
    public static partial void RolloutShareChanged(ILogger logger, string model, ServedVersion version, double share);

    [LoggerMessage(5020, LogLevel.Information, "'{Entry}' in the folder of models is skipped: {Why}")]
    public static partial void FolderEntrySkipped(ILogger logger, string entry, string why);

    [LoggerMessage(5021, LogLevel.Information, "config.pbtxt of model {Model} is ignored, apart from max_batch_size: 0 and version_policy")]
    public static partial void FolderConfigIgnored(ILogger logger, string model);

    [LoggerMessage(5022, LogLevel.Error, "The folder of models '{Folder}' cannot be read; what serves goes on serving")]
    public static partial void FolderUnreadable(ILogger logger, string folder, Exception exception);

    [LoggerMessage(5030, LogLevel.Error, "The prediction log could not be stored and is tried again; what finds no room is dropped and counted (mlops.serving.log.dropped)")]
    public static partial void PredictionLogFailed(ILogger logger, Exception exception);

    [LoggerMessage(5031, LogLevel.Information, "The prediction log is stored again")]
    public static partial void PredictionLogRecovered(ILogger logger);

    [LoggerMessage(5032, LogLevel.Error, "The prediction log was closed before everything was stored")]
    public static partial void PredictionLogBroke(ILogger logger, Exception exception);

    [LoggerMessage(5033, LogLevel.Error, "{Count} predictions and outcomes of the prediction log are lost")]
    public static partial void PredictionsLost(ILogger logger, long count);
}
