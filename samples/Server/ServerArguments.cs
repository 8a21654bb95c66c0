namespace Server;

/// <summary>The command line, which configuration alone would read without a word about what it does not know.</summary>
internal static class ServerArguments
{
    private const string Usage = "Arguments are --urls URL, --data DIR, --storage CONNECTION, --models DIR, --grpc URL, and settings as in --Mlops:Mlflow:MaximumBodyBytes 2000000.";

    // The last two are the host's own.
    private static readonly string[] Names = ["urls", "data", "storage", "models", "grpc", "environment", "contentRoot"];

    /// <exception cref="StartFailure">An argument is unknown or lacks its value. The message holds no value, which may be a password.</exception>
    public static void Check(string[] args)
    {
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i].Split('=')[0];
            if (!name.StartsWith("--", StringComparison.Ordinal)
                || !(name.Contains(':', StringComparison.Ordinal) || Names.Contains(name[2..], StringComparer.OrdinalIgnoreCase)))
            {
                throw new StartFailure($"'{name}' is no argument. {Usage}");
            }

            if (name == args[i] && (++i == args.Length || args[i].StartsWith("--", StringComparison.Ordinal)))
            {
                throw new StartFailure($"{name} has no value. {Usage}");
            }
        }
    }
}
