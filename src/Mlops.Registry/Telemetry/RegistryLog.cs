using Microsoft.Extensions.Logging;

namespace Mlops.Registry;

/// <summary>Log messages; event ids 3000 to 3999.</summary>
internal static partial class RegistryLog
{
    [LoggerMessage(3001, LogLevel.Information, "{Model}@{Alias} points to version {Version} instead of {Previous}: change {Sequence} by {Actor}.")]
    public static partial void AliasChanged(this ILogger logger, string model, string alias, int? version, int? previous, long sequence, string actor);

    [LoggerMessage(3002, LogLevel.Information, "Version {Version} of {Model} was not promoted to {Alias}: decision {Decision}.")]
    public static partial void PromotionRejected(this ILogger logger, string model, int version, string alias, long decision);

    [LoggerMessage(3003, LogLevel.Warning, "Gate {Gate} failed to judge version {Version} of {Model}; the candidate does not pass.")]
    public static partial void GateFailed(this ILogger logger, Exception exception, string gate, int version, string model);

    [LoggerMessage(3004, LogLevel.Warning, "Reading the watched alias {Model}@{Alias} failed; it is read again at the next interval.")]
    public static partial void PollFailed(this ILogger logger, Exception exception, string model, string alias);

    [LoggerMessage(3005, LogLevel.Error, "A callback on a change of {Model}@{Alias} threw.")]
    public static partial void CallbackFailed(this ILogger logger, Exception exception, string model, string alias);

    [LoggerMessage(3006, LogLevel.Information, "Approval of version {Version} of {Model}: {Approved}, by {Actor}.")]
    public static partial void ApprovalChanged(this ILogger logger, string model, int version, bool approved, string actor);

    [LoggerMessage(3007, LogLevel.Information, "{Model} was deleted by {Actor}.")]
    public static partial void ModelDeleted(this ILogger logger, string model, string actor);

    [LoggerMessage(3008, LogLevel.Information, "Version {Version} of {Model} was deleted by {Actor}.")]
    public static partial void VersionDeleted(this ILogger logger, string model, int version, string actor);

    [LoggerMessage(3009, LogLevel.Warning, "{Model} is deleted, but releasing what its versions hold failed; the next deletion of a model does it.")]
    public static partial void ReleaseFailed(this ILogger logger, Exception exception, string model);
}
