namespace Mlops.Registry;

internal sealed record AliasMove(string Model, string Alias, int Number, Expected Expected, long At, string? Actor, string? Reason, string? IdempotencyKey);
