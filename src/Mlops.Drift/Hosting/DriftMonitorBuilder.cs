using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mlops.Webhooks;

namespace Mlops.Drift;

/// <summary>Refines one monitor. Later calls win over earlier ones.</summary>
public sealed class DriftMonitorBuilder
{
    private readonly OptionsBuilder<DriftMonitorOptions> _options;
    private readonly Dictionary<string, OptionsBuilder<WebhookOptions>> _webhooks = [];

    internal DriftMonitorBuilder(string name, IServiceCollection services)
    {
        Name = name;
        Services = services;
        _options = services.AddOptions<DriftMonitorOptions>(name).ValidateOnStart();
        BindConfiguration($"Mlops:Drift:{name}");
    }

    /// <summary>The monitor's name: service key, options name, telemetry tag.</summary>
    public string Name { get; }

    /// <summary>The host's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The version that is live when the host starts, or null.</summary>
    internal (string ModelVersion, ServedReference Reference)? Initial { get; private set; }

    /// <summary>Whether the host leaves the monitor alone.</summary>
    internal bool IsManual { get; private set; }

    /// <summary>
    /// Leaves everything to the caller, who replays history or keeps the state in transactions of its own: the host neither evaluates
    /// the monitor nor stores or restores its state, reports and alerts, nor activates an initial version.
    /// </summary>
    public DriftMonitorBuilder Manual()
    {
        IsManual = true;
        return this;
    }

    /// <summary>Reads the options from another section of the configuration as well as from <c>Mlops:Drift:</c> and the monitor's name, which needs no call.</summary>
    public DriftMonitorBuilder BindConfiguration(string section)
    {
        ArgumentException.ThrowIfNullOrEmpty(section);
        Services.AddSingleton<IConfigureOptions<DriftMonitorOptions>>(provider => new ConfigureNamedOptions<DriftMonitorOptions>(
            Name, options => provider.GetService<IConfiguration>()?.GetSection(section).Bind(options)));
        return this;
    }

    /// <summary>Sets options in code.</summary>
    public DriftMonitorBuilder Configure(Action<DriftMonitorOptions> configure)
    {
        _options.Configure(configure);
        return this;
    }

    /// <summary>Windows by rows.</summary>
    public DriftMonitorBuilder Window(int rows, WindowKind kind = WindowKind.Sliding) => Configure(options =>
    {
        options.WindowRows = rows;
        options.WindowTime = null;
        options.WindowKind = kind;
    });

    /// <summary>Windows by time.</summary>
    public DriftMonitorBuilder Window(TimeSpan time, WindowKind kind = WindowKind.Sliding) => Configure(options =>
    {
        options.WindowTime = time;
        options.WindowKind = kind;
    });

    /// <summary>Keeps tumbling windows by time open for rows that come late.</summary>
    /// <param name="lateness">At most the length of the windows.</param>
    public DriftMonitorBuilder AllowedLateness(TimeSpan lateness) => Configure(options => options.AllowedLateness = lateness);

    /// <summary>Compares a window with the reference's parts of the same season, which is the default where the reference has parts.</summary>
    /// <param name="isMatched">False to compare with the whole reference.</param>
    public DriftMonitorBuilder SeasonMatched(bool isMatched = true) => Configure(options => options.SeasonMatched = isMatched);

    /// <summary>
    /// Posts each alert of this monitor, signed, to one target; see <see cref="WebhookObserver"/> for the message. The options are read from
    /// the section <c>Webhook</c> of the monitor's, <c>Mlops:Drift:</c>name<c>:Webhook</c>, and checked when the host starts.
    /// </summary>
    /// <param name="configure">Sets options in code, after the configuration; keep keys out of the source.</param>
    public DriftMonitorBuilder Webhook(Action<WebhookOptions>? configure = null) => AddWebhook("Webhook", configure);

    /// <summary>
    /// Posts each alert of this monitor to one more target. The options are read from <c>Mlops:Drift:</c>monitor<c>:Webhooks:</c>name; calls of
    /// one name refine one webhook.
    /// </summary>
    /// <param name="name">Names the target in the configuration.</param>
    /// <param name="configure">As for <see cref="Webhook(Action{WebhookOptions})"/>.</param>
    public DriftMonitorBuilder Webhook(string name, Action<WebhookOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return AddWebhook($"Webhooks:{name}", configure);
    }

    /// <summary>The model version that is live when the host starts, with its reference. Without it, a version is live once it is activated or a row names it.</summary>
    public DriftMonitorBuilder Reference(string modelVersion, ReferenceProfile? profile, ErrorBaseline? errorBaseline = null) =>
        Reference(modelVersion, new ServedReference(profile, errorBaseline));

    /// <summary>The model version that is live when the host starts, with its reference and estimators.</summary>
    public DriftMonitorBuilder Reference(string modelVersion, ServedReference reference)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelVersion);
        ArgumentNullException.ThrowIfNull(reference);
        Initial = (modelVersion, reference);
        return this;
    }

    private DriftMonitorBuilder AddWebhook(string section, Action<WebhookOptions>? configure)
    {
        if (!_webhooks.TryGetValue(section, out OptionsBuilder<WebhookOptions>? options))
            _webhooks[section] = options = MonitorWebhook.Add(Services, Name, $"Mlops:Drift:{Name}:{section}");
        if (configure is not null)
            options.Configure(configure);
        return this;
    }
}
