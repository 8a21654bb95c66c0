namespace Mlops.Drift;

/// <summary>A stored profile or monitor state is cut short, damaged, written by newer code, or belongs to another schema. Nothing was changed.</summary>
public sealed class DriftFormatException(string message, Exception? innerException = null) : DriftException(message, innerException);
