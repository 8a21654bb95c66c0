namespace Mlops.Storage;

/// <summary>What a field is compared with: a text, or else a number.</summary>
internal readonly record struct FilterValue(string? Text, double Number, int Position);
