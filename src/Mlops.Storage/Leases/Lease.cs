namespace Mlops.Storage;

/// <summary>A right that was granted for a time. Its epoch grows with every grant and fences out earlier holders.</summary>
/// <param name="Name">What is leased, for example <c>study/42</c>.</param>
/// <param name="Owner">Who holds it.</param>
/// <param name="Epoch">The fencing token: larger than that of every earlier grant of the same name.</param>
/// <param name="Duration">How long it lasts without renewal.</param>
public sealed record Lease(string Name, string Owner, long Epoch, TimeSpan Duration);
