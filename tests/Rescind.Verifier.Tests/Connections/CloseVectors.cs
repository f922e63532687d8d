using System.Reflection;
using Rescind.Tests.Vectors;
using Rescind.Verifier.Connections;

namespace Rescind.Verifier.Tests.Connections;

/// <summary>
/// Every code and reason with which a connection is closed is one that the vectors tell clients what to make of.
/// </summary>
public sealed class CloseVectors
{
    [Fact]
    public void Clients_know_every_way_in_which_a_connection_is_closed()
    {
        var known = VectorFile.Cases("answers.json", "closes").Select(one => (one.Number("code"), one.Text("reason"))).ToList();
        var ends = typeof(ConnectionEnd).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => (ConnectionEnd)field.GetValue(null)!);

        ends.Select(end => ((long?)end.Code, end.Reason)).ShouldBeSubsetOf(known!);
    }
}
