namespace Mlops.Drift;

/// <summary>A monitor that the host was told to run.</summary>
internal sealed record MonitorRegistration(string Name, (string ModelVersion, ServedReference Reference)? Initial, bool IsManual);
