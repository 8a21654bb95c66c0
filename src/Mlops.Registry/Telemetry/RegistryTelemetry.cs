using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Mlops.Registry;

/// <summary>Meter and activity source <c>Mlops.Registry</c>.</summary>
internal sealed class RegistryTelemetry : IDisposable
{
    public const string SourceName = "Mlops.Registry";
    private const string ModelTag = "mlops.model";
    private const string VersionTag = "mlops.model.version";
    private const string AliasTag = "mlops.model.alias";
    private const string AcceptedTag = "mlops.promotion.accepted";

    private static readonly ActivitySource Source = new(SourceName);

    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly Counter<long> _versions;
    private readonly Counter<long> _changes;
    private readonly Counter<long> _promotions;

    public RegistryTelemetry(IMeterFactory? factory)
    {
        _ownsMeter = factory is null;
        _meter = factory?.Create(SourceName) ?? new Meter(SourceName);
        _versions = _meter.CreateCounter<long>("mlops.registry.versions", "{version}", "Versions registered.");
        _changes = _meter.CreateCounter<long>("mlops.registry.alias.changes", "{change}", "Changes of aliases, by any cause.");
        _promotions = _meter.CreateCounter<long>("mlops.registry.promotions", "{decision}", "Promotions decided, by mlops.promotion.accepted.");
    }

    public static Activity? StartRegistration(string model) => Start("register", model);

    public static Activity? StartPromotion(string model, int version, string alias)
    {
        Activity? activity = Start("promote", model);
        activity?.SetTag(VersionTag, version);
        activity?.SetTag(AliasTag, alias);
        return activity;
    }

    public void Registered(Activity? activity, ModelVersion version)
    {
        activity?.SetTag(VersionTag, version.Number);
        _versions.Add(1, new KeyValuePair<string, object?>(ModelTag, version.Model));
    }

    public void Changed(AliasChange change) =>
        _changes.Add(1, new(ModelTag, change.Model), new(AliasTag, change.Alias));

    public void Decided(Activity? activity, PromotionDecision decision)
    {
        activity?.SetTag(AcceptedTag, decision.Accepted);
        _promotions.Add(1, new(ModelTag, decision.Model), new(AliasTag, decision.Alias), new(AcceptedTag, decision.Accepted));
    }

    public void Dispose()
    {
        if (_ownsMeter)
        {
            _meter.Dispose();
        }
    }

    private static Activity? Start(string operation, string model)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        Activity? activity = Source.StartActivity($"{operation} {model}");
        activity?.SetTag(ModelTag, model);
        return activity;
    }
}
