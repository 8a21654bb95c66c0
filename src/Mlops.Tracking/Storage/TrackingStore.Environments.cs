using System.Text;
using System.Text.Json;
using Mlops.Storage;

namespace Mlops.Tracking;

internal sealed partial class TrackingStore
{
    /// <summary>Stores a document under its hash, once.</summary>
    public Task SaveEnvironmentAsync(byte[] hash, byte[] document, CancellationToken cancellationToken) => _database.WriteAsync(
        (hash, text: Encoding.UTF8.GetString(document)),
        static (session, state) => session.Execute(
            "INSERT INTO tracking_environment (hash, document) VALUES (@hash, @document) ON CONFLICT (hash) DO NOTHING",
            ("@hash", state.hash), ("@document", state.text)),

        // Durable before runs refer to it.
        Durability.Power,
        cancellationToken);

    public async ValueTask<RunEnvironment?> FindEnvironmentAsync(string runId, CancellationToken cancellationToken)
    {
        List<string> found = await _database.QueryAsync(
            "SELECT e.document FROM tracking_run r JOIN tracking_environment e ON e.hash = r.environment WHERE r.id = @id",
            static row => row.GetString(0), cancellationToken, ("@id", runId)).ConfigureAwait(false);
        return found.Count == 0 ? null : JsonSerializer.Deserialize(found[0], RunEnvironmentJson.Default.RunEnvironment);
    }

    private static void SetEnvironment(SqlSession session, long run, byte[] hash) => session.Execute(
        "UPDATE tracking_run SET environment = @environment WHERE run = @run AND environment IS NULL",
        ("@environment", hash), ("@run", run));
}
