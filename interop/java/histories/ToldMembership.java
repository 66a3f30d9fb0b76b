import java.io.IOException;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.MembershipListener;
import org.apache.catalina.tribes.MembershipProvider;
import org.apache.catalina.tribes.membership.MemberImpl;
import org.apache.catalina.tribes.membership.Membership;
import org.apache.catalina.tribes.membership.MembershipProviderBase;
import org.apache.catalina.tribes.membership.MembershipServiceBase;
import org.apache.catalina.tribes.util.UUIDGenerator;

/** A membership that sends nothing and hears nothing: it is told who comes and who goes. */
final class ToldMembership extends MembershipServiceBase {

    private final Provider provider = new Provider();
    private MemberImpl local;

    void come(Member member) {
        if (provider.members().memberAlive(member)) {
            listener.memberAdded(member);
        }
    }

    void go(Member member) {
        Member known = provider.members().getMember(member);
        if (known != null) {
            provider.members().removeMember(known);
            listener.memberDisappeared(known);
        }
    }

    @Override
    public void setLocalMemberProperties(String host, int port, int securePort, int udpPort) {
        try {
            local = new MemberImpl(host, port, 0);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        local.setUniqueId(UUIDGenerator.randomUUID(true));
        local.setPayload(new byte[0]);
        local.setDomain(new byte[0]);
        local.setServiceStartTime(System.currentTimeMillis());
        local.setLocal(true);
        provider.begin(local);
    }

    @Override
    public Member getLocalMember(boolean alive) {
        if (alive) {
            local.setMemberAliveTime(System.currentTimeMillis() - local.getServiceStartTime());
        }
        return local;
    }

    @Override
    public MembershipProvider getMembershipProvider() {
        return provider;
    }

    @Override
    public void start(int level) {
        // There is nothing to listen to.
    }

    @Override
    public void stop(int level) {
        // It says no goodbye.
    }

    @Override
    public void setPayload(byte[] payload) {
        // It announces nothing.
    }

    @Override
    public void setDomain(byte[] domain) {
        // It announces nothing.
    }

    private static final class Provider extends MembershipProviderBase {

        void begin(Member local) {
            membership = new Membership(local);
        }

        Membership members() {
            return membership;
        }

        @Override
        public void start(int level) {
            // There is nothing to start.
        }

        @Override
        public boolean stop(int level) {
            return true;
        }

        @Override
        public void setMembershipListener(MembershipListener listener) {
            // The service tells it.
        }
    }
}
